//! The file on which each send is a line of JSON.

use model::message::Message;
use model::{At, MessageId};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

/// A line.
#[derive(Serialize, Deserialize)]
struct Line {
    message: MessageId,
    channel: String,
    to: String,
    at: At,
    /// It was carried before.
    again: bool,
}

/// An open journal.
pub(super) struct Journal(File);

impl Journal {
    /// Opens or makes the file; the ids that are on it. The end of a line that a kill tore is made
    /// whole, and such a line is not counted: its send was never accepted.
    pub(super) fn open(path: &Path) -> std::io::Result<(Self, Vec<MessageId>)> {
        let mut file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
        let (mut ids, mut torn) = (Vec::new(), false);
        let mut reader = BufReader::new(&file);
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 {
            torn = !line.ends_with('\n');
            if let Ok(read) = serde_json::from_str::<Line>(&line) {
                ids.push(read.message);
            }
            line.clear();
        }
        if torn {
            file.write_all(b"\n")?;
        }
        Ok((Self(file), ids))
    }

    /// Writes one send, in one write.
    pub(super) fn write(&mut self, message: &Message, at: At, again: bool) -> std::io::Result<()> {
        let channel = message.channel.name().to_owned();
        let line = Line { message: message.id, channel, to: message.to.clone(), at, again };
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        self.0.write_all(&bytes)
    }
}
