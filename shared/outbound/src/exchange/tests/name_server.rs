//! A name server on the loopback that gives scripted answers over UDP, and a look-up that asks it.
//!
//! As a recursive server does, it answers with aliases and addresses together. A look-up asks for both families.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use crate::resolve::LookUp;

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
/// The place of the question's name, as a compressed one points to it.
const QUESTION: [u8; 2] = [0xc0, 12];

/// One record of an answer.
#[derive(Debug, Clone)]
pub enum Record {
    /// An address.
    Address(IpAddr),
    /// Another name for it.
    Alias(&'static str),
}

/// Runs until it is dropped.
pub struct NameServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl NameServer {
    /// Answers the first look-up with the first of these, and so on; the last one stays.
    pub async fn start(answers: Vec<Vec<Record>>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let names = Arc::clone(&asked);
        let serving = tokio::spawn(async move {
            let mut packet = [0; 512];
            loop {
                let (length, from) = socket.recv_from(&mut packet).await.unwrap();
                let question = &packet[..length];
                let (name, end) = read_name(question, 12);
                let kind = u16::from_be_bytes([question[end], question[end + 1]]);
                let lookups = {
                    let mut names = names.lock().unwrap();
                    // The two questions of a look-up come one after the other, that for v4 first.
                    if kind == A {
                        names.push(name);
                    }
                    names.len()
                };
                let records = answers.get(lookups - 1).or(answers.last()).unwrap();
                socket.send_to(&answer(question, end + 4, kind, records), from).await.unwrap();
            }
        });
        Self { address, asked, serving }
    }

    /// The names that were looked up.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// A look-up that asks this server and keeps nothing.
    pub fn look_up(&self) -> Arc<LookUp> {
        let server = self.address;
        Arc::new(move |name| Box::pin(ask(server, name)))
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn ask(server: SocketAddr, name: String) -> io::Result<Vec<SocketAddr>> {
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    socket.connect(server).await?;
    let mut found = Vec::new();
    for kind in [A, AAAA] {
        // One question that wants recursion.
        let mut question = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        question.extend(written_name(&name));
        question.extend([kind.to_be_bytes(), 1_u16.to_be_bytes()].concat());
        socket.send(&question).await?;
        let mut packet = [0; 512];
        let length = socket.recv(&mut packet).await?;
        found.extend(addresses(&packet[..length]).into_iter().map(|address| SocketAddr::new(address, 0)));
    }
    Ok(found)
}

fn written_name(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

/// A name that is written out, and where it ends.
fn read_name(packet: &[u8], mut at: usize) -> (String, usize) {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(packet[at]);
        at += 1;
        if length == 0 {
            return (labels.join("."), at);
        }
        labels.push(String::from_utf8(packet[at..at + length].to_vec()).unwrap());
        at += length;
    }
}

fn answer(question: &[u8], question_end: usize, kind: u16, records: &[Record]) -> Vec<u8> {
    let mut written: Vec<(Vec<u8>, u16, Vec<u8>)> = Vec::new();
    // What follows an alias is of the name that it gives.
    let mut owner = QUESTION.to_vec();
    for record in records {
        match record {
            Record::Alias(name) => {
                written.push((owner, CNAME, written_name(name)));
                owner = written_name(name);
            }
            Record::Address(IpAddr::V4(v4)) if kind == A => written.push((owner.clone(), A, v4.octets().to_vec())),
            Record::Address(IpAddr::V6(v6)) if kind == AAAA => {
                written.push((owner.clone(), AAAA, v6.octets().to_vec()));
            }
            Record::Address(_) => {}
        }
    }
    let count = u16::try_from(written.len()).unwrap().to_be_bytes();
    let mut packet = vec![question[0], question[1], 0x81, 0x80, 0, 1, count[0], count[1], 0, 0, 0, 0];
    packet.extend(&question[12..question_end]);
    for (name, kind, data) in written {
        packet.extend(name);
        packet.extend([kind.to_be_bytes(), 1_u16.to_be_bytes()].concat());
        // It is good for no time at all.
        packet.extend([0; 4]);
        packet.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        packet.extend(data);
    }
    packet
}

fn addresses(packet: &[u8]) -> Vec<IpAddr> {
    let count = u16::from_be_bytes([packet[6], packet[7]]);
    let (_, end) = read_name(packet, 12);
    let mut at = end + 4;
    let mut found = Vec::new();
    for _ in 0..count {
        at = if packet[at] >= 0xc0 { at + 2 } else { read_name(packet, at).1 };
        let kind = u16::from_be_bytes([packet[at], packet[at + 1]]);
        let length = usize::from(u16::from_be_bytes([packet[at + 8], packet[at + 9]]));
        let data = &packet[at + 10..at + 10 + length];
        match kind {
            A => found.push(Ipv4Addr::from(<[u8; 4]>::try_from(data).unwrap()).into()),
            AAAA => found.push(Ipv6Addr::from(<[u8; 16]>::try_from(data).unwrap()).into()),
            _ => {}
        }
        at += 10 + length;
    }
    found
}
