//! Messages to carry.

use model::message::{Call, CallStep, Content, Message, Status};
use model::push::Device;
use model::{At, Channel, MessageId, PersonId, Purpose};
use throughline_channels::{Around, Outbound, Request};

/// 2026-11-22T14:00:00Z.
pub const NOW: At = At(1_795_356_000_000);

pub fn message_id(name: &str) -> MessageId {
    MessageId::of(&[b"message", name.as_bytes()])
}

pub fn outbound(name: &str, to: &str, content: Content) -> Outbound {
    let channel = match &content {
        Content::Sms { .. } => Channel::Sms,
        Content::Email { .. } => Channel::Email,
        Content::Voice { .. } => Channel::Voice,
        Content::Voicemail { .. } => Channel::Voicemail,
        Content::Portal { .. } => Channel::Portal,
        Content::Push { .. } => Channel::Push,
        Content::Chat { .. } => Channel::Chat,
    };
    let message = Message {
        id: message_id(name),
        pathway: "post-surgical-follow-up".into(),
        channel,
        purpose: Purpose::Care,
        site: "main".into(),
        to: to.into(),
        content,
        valid_until: NOW.plus_ms(model::time::HOUR_MS),
        status: Status::Dispatching,
        ..testkit::text(name, PersonId::of(&[b"david"]), NOW)
    };
    let callback = Some(format!("https://hub.example.org/hooks/any/{}", message.id));
    Outbound { message, from_name: "Clínica del Río".into(), now: NOW, callback }
}

/// What providers get beside their settings.
pub fn around() -> Around {
    Around {
        egress: egress::Egress::new(&[]).unwrap(),
        base_url: "https://hub.example.org".into(),
        clinic: "Clínica del Río".into(),
        phone: "+15550100".into(),
        rang: Vec::new(),
    }
}

/// A report that nobody signed.
pub fn request(path: &str, body: &[u8]) -> Request {
    Request {
        method: "POST".into(),
        url: format!("https://hub.example.org/hooks/any/{path}"),
        path: path.into(),
        query: vec![],
        headers: vec![],
        body: body.to_vec(),
        now: NOW,
        attempt: None,
    }
}

pub fn sms(text: &str) -> Content {
    Content::Sms { text: text.into() }
}

/// A device at this address; its keys are those of RFC 8291's example.
pub fn device(endpoint: &str) -> Device {
    let key = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    Device::read(endpoint, key, "BTBZMqHH6r4Tts7J_aSIgg").unwrap()
}

/// A notification to these devices.
pub fn push(name: &str, devices: Vec<Device>) -> Outbound {
    let to = model::push::to(&devices);
    let url = "https://hub.example.org/t/token".into();
    let content =
        Content::Push { title: "A message for you".into(), text: "Please open your page.".into(), url, devices };
    outbound(name, &to, content)
}

pub fn mail(subject: &str, text: &str) -> Content {
    Content::Email {
        subject: subject.into(),
        text: text.into(),
        html: format!("<p>{text}</p>"),
        unsubscribe: Some("https://clinic.example/u/1".into()),
        attachments: Vec::new(),
    }
}

pub fn call(voicemail: Option<&str>) -> Content {
    let ask = CallStep::Ask { text: "Press 1 if you are David.".into(), keys: vec![('1', 2)], otherwise: 1 };
    let mark = CallStep::Mark { what: "identified".into() };
    let say = CallStep::Say { text: "Your prescription is ready.".into() };
    let script = vec![ask, CallStep::HangUp, mark, say, CallStep::HangUp];
    Content::Voice { call: Call { script, voicemail: voicemail.map(str::to_owned), language: "en".into(), ring_s: 25 } }
}

/// A call that rings a member of staff and, once they press 1, the person at `to`.
pub fn staff_call(to: &str) -> Content {
    let ask = CallStep::Ask { text: "To be connected, press 1.".into(), keys: vec![('1', 2)], otherwise: 1 };
    let script = vec![ask, CallStep::HangUp, CallStep::Dial { to: to.into() }];
    Content::Voice { call: Call { script, voicemail: None, language: "en".into(), ring_s: 30 } }
}
