//! What goes over the line: commands as bytes, and texts as parts of commands.

use super::SmppConfig;
use crate::contract::SendError;
use bytes::{Buf, BytesMut};
use model::sms;
use model::time::{DAY_MS, HOUR_MS};
use rusmpp::decode::DecodeWithLength;
use rusmpp::encode::{Encode, Length};
use rusmpp::pdus::{BindTransceiver, SubmitSm};
use rusmpp::types::{COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, InterfaceVersion, Npi, RegisteredDelivery, Ton};
use rusmpp::{Command, CommandStatus, Pdu};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes of a command; a payload has 64 KiB at most.
const COMMAND_MAX: usize = 70_000;
/// Bytes of the header, its length among them.
const HEADER: usize = 16;
/// `esm_class`: the text begins with a header of its own.
pub(super) const UDHI: u8 = 0x40;
/// `registered_delivery`: a receipt whatever the end; only when it is a failure.
const RECEIPT: u8 = 1;
const RECEIPT_OF_FAILURE: u8 = 2;
/// The longest validity that is told: what is longer is the centre's own business.
const VALID_MAX_MS: i64 = 7 * DAY_MS;

/// One part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// With its header, where it is one of several.
    pub octets: Vec<u8>,
    /// Of 16-bit letters.
    pub ucs2: bool,
    /// Begins with a header.
    pub headed: bool,
}

/// A text in parts: of the 7-bit alphabet (one octet a letter, as most centres take it), else of 16-bit letters. Each of
/// several has a header: reference, how many, which (3GPP TS 23.040, 9.2.3.24.1).
pub(super) fn parts(text: &str, reference: u8) -> Vec<Part> {
    let ucs2 = sms::to_gsm7(text).is_none();
    let pieces = sms::split(text);
    let (count, several) = (pieces.len(), pieces.len() > 1);
    let part = |(at, piece): (usize, &str)| {
        let body = match ucs2 {
            true => piece.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            false => sms::to_gsm7(piece).unwrap_or_default(),
        };
        // What has more parts than fit into an octet is refused before it leaves.
        let header = [5, 0, 3, reference, count.min(255) as u8, (at + 1).min(255) as u8];
        let octets = if several { [&header[..], &body].concat() } else { body };
        Part { octets, ucs2, headed: several }
    };
    pieces.into_iter().enumerate().map(part).collect()
}

/// The command that carries a part. `last` asks for a receipt whatever the end; the others for one of a failure, as a
/// text is there once its last part is, and not there if any is lost.
pub(super) fn submit(
    config: &SmppConfig,
    to: &str,
    part: &Part,
    last: bool,
    valid_ms: i64,
) -> Result<SubmitSm, SendError> {
    let unfit = |_| SendError::Invalid("it does not fit into a command".into());
    let octets = OctetString::from_slice(&part.octets)
        .map_err(|_| SendError::Invalid("a part does not fit into a command".into()))?;
    Ok(SubmitSm::builder()
        .source_addr_ton(Ton::from(config.source.ton))
        .source_addr_npi(Npi::from(config.source.npi))
        .source_addr(text(&config.source.address).map_err(unfit)?)
        .dest_addr_ton(Ton::from(config.dest_ton))
        .dest_addr_npi(Npi::from(config.dest_npi))
        .destination_addr(text(to).map_err(unfit)?)
        .esm_class(EsmClass::from(if part.headed { UDHI } else { 0 }))
        .validity_period(validity(valid_ms))
        .registered_delivery(RegisteredDelivery::from(if last { RECEIPT } else { RECEIPT_OF_FAILURE }))
        .data_coding(if part.ucs2 { DataCoding::Ucs2 } else { DataCoding::McSpecific })
        .short_message(octets)
        .build())
}

/// How long the centre may keep it (SMPP 3.4, 7.1.1.2, relative), so that nothing arrives once it is over.
fn validity(ms: i64) -> EmptyOrFullCOctetString<17> {
    // At least a minute, as centres refuse what has run out.
    let minutes = ms.clamp(60_000, VALID_MAX_MS) / 60_000;
    let (days, hours) = (minutes * 60_000 / DAY_MS, minutes * 60_000 % DAY_MS / HOUR_MS);
    let period = format!("0000{days:02}{hours:02}{:02}00000R\0", minutes % 60);
    EmptyOrFullCOctetString::from_slice(period.as_bytes()).unwrap_or_else(|_| EmptyOrFullCOctetString::empty())
}

/// The command that opens a session.
pub(super) fn bind(config: &SmppConfig) -> Result<Pdu, rusmpp::types::COctetStringError> {
    Ok(BindTransceiver::builder()
        .system_id(text(&config.system_id)?)
        .password(text(config.password.reveal())?)
        .system_type(text(&config.system_type)?)
        .interface_version(InterfaceVersion::Smpp3_4)
        .build()
        .into())
}

/// A text that ends with a zero.
fn text<const MIN: usize, const MAX: usize>(
    text: &str,
) -> Result<COctetString<MIN, MAX>, rusmpp::types::COctetStringError> {
    COctetString::from_vec([text.as_bytes(), b"\0"].concat())
}

/// A command, as far as it can be read.
#[derive(Debug)]
pub(super) struct Frame {
    /// What it asks or answers.
    pub id: u32,
    /// Of an answer; 0 is yes.
    pub status: u32,
    /// What an answer belongs to.
    pub sequence: u32,
    /// `None` when its body cannot be read.
    pub pdu: Option<Pdu>,
}

/// Reads commands one after the other. What is half read stays when the wait is given up.
pub(super) struct Frames<R> {
    from: R,
    buffer: BytesMut,
}

impl<R: AsyncRead + Unpin> Frames<R> {
    pub fn new(from: R) -> Self {
        Self { from, buffer: BytesMut::new() }
    }

    /// The next command. An error ends the line; a body that cannot be read does not.
    pub async fn next(&mut self) -> io::Result<Frame> {
        loop {
            if let Some(frame) = take(&mut self.buffer)? {
                return Ok(frame);
            }
            if self.from.read_buf(&mut self.buffer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

/// The first command of what was read.
fn take(buffer: &mut BytesMut) -> io::Result<Option<Frame>> {
    let word = |at: usize| buffer.get(at..at + 4).map(|mut four| four.get_u32());
    let (Some(length), Some(id), Some(status), Some(sequence)) = (word(0), word(4), word(8), word(12)) else {
        return Ok(None);
    };
    let length = length as usize;
    if !(HEADER..=COMMAND_MAX).contains(&length) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    if buffer.len() < length {
        buffer.reserve(length - buffer.len());
        return Ok(None);
    }
    let mut command = buffer.split_to(length);
    command.advance(4);
    let pdu = Command::decode(&mut command, length - 4).ok().and_then(|(command, _)| command.pdu().cloned());
    Ok(Some(Frame { id, status, sequence, pdu }))
}

/// Writes a command.
pub(super) async fn write(
    to: &mut (impl AsyncWrite + Unpin),
    status: CommandStatus,
    sequence: u32,
    pdu: impl Into<Pdu>,
) -> io::Result<()> {
    let command = Command::new(status, sequence, pdu);
    let length = 4 + command.length();
    let mut bytes = vec![0; length];
    bytes[..4].copy_from_slice(&(length as u32).to_be_bytes());
    command.encode(&mut bytes[4..]);
    to.write_all(&bytes).await?;
    to.flush().await
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn parts_have_a_header_of_their_own_and_fit() {
        assert_eq!(parts("Hola", 7), [Part { octets: b"Hola".to_vec(), ucs2: false, headed: false }]);
        let long = parts(&"€".repeat(100), 7);
        assert_eq!(long.len(), 2);
        assert_eq!(long[0].octets[..6], [5, 0, 3, 7, 2, 1]);
        assert_eq!(long[1].octets[..6], [5, 0, 3, 7, 2, 2]);
        assert_eq!(long[0].octets.len(), 6 + 152, "an escape stays with its letter");
        let emoji = parts(&"😀".repeat(40), 9);
        assert!(emoji.iter().all(|p| p.ucs2 && p.headed && p.octets.len() <= 140), "{emoji:?}");
        assert_eq!(emoji[0].octets.len(), 6 + 132, "a pair stays together");
    }

    #[test]
    fn validity_is_told_in_days_hours_and_minutes() {
        for (ms, told) in [
            (0, "000000000100000R"),
            (90 * 60_000, "000000013000000R"),
            (26 * HOUR_MS, "000001020000000R"),
            (99 * DAY_MS, "000007000000000R"),
        ] {
            assert_eq!(validity(ms).as_str(), told);
        }
    }

    #[test]
    fn half_a_command_waits_and_nonsense_ends_the_line() {
        let enquire = [0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 9];
        let mut buffer = BytesMut::from(&enquire[..15]);
        assert!(take(&mut buffer).unwrap().is_none());
        buffer.extend_from_slice(&enquire[15..]);
        let frame = take(&mut buffer).unwrap().unwrap();
        assert_eq!((frame.id, frame.sequence, frame.pdu), (0x15, 9, Some(Pdu::EnquireLink)));
        assert!(buffer.is_empty());
        assert!(take(&mut BytesMut::from(&b"GET / HTTP/1.1\r\n\r\n"[..])).is_err());
        // A deliver_sm that ends too early is told from a broken line.
        let cut = [0, 0, 0, 18, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1];
        let frame = take(&mut BytesMut::from(&cut[..])).unwrap().unwrap();
        assert_eq!((frame.id, frame.sequence, frame.pdu), (5, 3, None));
    }

    #[test]
    fn whatever_a_text_says_its_parts_say_it_and_each_is_one_command() {
        let settings = serde_json::json!({"host": "127.0.0.1", "system_id": "hub", "password": "secret", "tls": "none",
            "source": "+12125550100"});
        let config = crate::smpp::settings::read(settings.as_object().unwrap()).unwrap();
        for one in testkit::naughty::strings() {
            let mut told = String::new();
            for part in parts(&one, 7) {
                let body = if part.headed { &part.octets[6..] } else { &part.octets[..] };
                told.push_str(&match part.ucs2 {
                    true => {
                        let units = body.chunks(2).map(|two| u16::from_be_bytes([two[0], two[1]]));
                        String::from_utf16(&units.collect::<Vec<_>>()).unwrap()
                    }
                    false => sms::from_gsm7(body),
                });
                let command = submit(&config, "+12125550119", &part, true, HOUR_MS).unwrap();
                let mut bytes = Vec::new();
                let written = write(&mut bytes, CommandStatus::EsmeRok, 9, command);
                tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(written).unwrap();
                let mut buffer = BytesMut::from(&bytes[..]);
                let frame = take(&mut buffer).unwrap().unwrap();
                let Some(Pdu::SubmitSm(read)) = frame.pdu else { panic!("{one:?}: {frame:?}") };
                assert_eq!(read.short_message().clone().into_vec(), part.octets, "{one:?}");
                assert!(buffer.is_empty(), "{one:?}: more than one command");
            }
            assert_eq!(told, one);
            // As a number it does not fit, or it is what is told.
            if let (Some(part), true) = (parts("Hello", 7).first(), one.contains('\0')) {
                assert!(submit(&config, &one, part, true, HOUR_MS).is_err(), "{one:?}: a zero ends a number");
            }
        }
    }
}
