//! A mail server that outlives the hub: what it has taken, has gone out.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A mail server.
pub struct Mails {
    port: u16,
    taken: Arc<Mutex<Vec<String>>>,
}

/// What a server does with mail.
#[derive(Clone, Copy)]
enum Mood {
    /// It takes it, after and before a pause.
    Takes(Duration),
    /// It asks to come again later (RFC 5321 section 4.2.1, RFC 3463 X.7.0).
    Busy,
    /// It knows nobody.
    KnowsNobody,
}

impl Mails {
    /// Listens from now on. Each mail takes it `pause` before it is taken, and again before that is said.
    pub fn listen(pause: Duration) -> Self {
        Self::of(Mood::Takes(pause))
    }

    /// Takes nothing: each mail is to come again later.
    pub fn busy() -> Self {
        Self::of(Mood::Busy)
    }

    /// Refuses every recipient: there is no such mailbox.
    pub fn knowing_nobody() -> Self {
        Self::of(Mood::KnowsNobody)
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn of(mood: Mood) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken: Arc<Mutex<Vec<String>>> = Arc::default();
        let mine = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let taken = Arc::clone(&mine);
                // A sender that is killed breaks the dialogue off: that is what this is for.
                std::thread::spawn(move || drop(dialogue(stream, &taken, mood)));
            }
        });
        Self { port, taken }
    }

    /// Settings of a hub that sends by it.
    pub fn settings(&self) -> Vec<String> {
        let port = format!("smtp.port={}", self.port);
        ["smtp.host=127.0.0.1", "smtp.tls=none", "smtp.from=care@clinic.example", &port].map(str::to_owned).to_vec()
    }

    /// Message-IDs of what was taken, without the domain, in order.
    pub fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }
}

fn dialogue(stream: TcpStream, taken: &Mutex<Vec<String>>, mood: Mood) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream).lines();
    let mut say = |words: &str| out.write_all(format!("{words}\r\n").as_bytes());
    say("220 mails.example")?;
    while let Some(line) = lines.next().transpose()? {
        match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "EHLO" => say("250-mails.example\r\n250 8BITMIME")?,
            "MAIL" if matches!(mood, Mood::Busy) => say("421 4.7.0 too much mail, come again later")?,
            "RCPT" if matches!(mood, Mood::KnowsNobody) => say("550 5.1.1 there is no such mailbox")?,
            "DATA" => {
                let Mood::Takes(pause) = mood else { return Ok(()) };
                say("354 go on")?;
                let mut id = None;
                loop {
                    let Some(line) = lines.next().transpose()? else { return Ok(()) };
                    if line == "." {
                        break;
                    }
                    if let Some(rest) = line.strip_prefix("Message-ID: <") {
                        id = rest.split('@').next().map(str::to_owned);
                    }
                }
                std::thread::sleep(pause);
                taken.lock().unwrap().push(id.expect("each mail has a Message-ID"));
                std::thread::sleep(pause);
                say("250 taken")?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 ok")?,
        }
    }
    Ok(())
}
