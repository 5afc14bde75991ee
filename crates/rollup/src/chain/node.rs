//! A node: the chain in the process behind a JSON-RPC port, so that other programs (an audit, a watcher on its own, a
//! wallet) reach it as they would any node.
//!
//! HTTP/1.1 by hand on the loopback interface: a question is a POST with a length, an answer has one, too; nothing else
//! of HTTP is needed, nor served. Whoever is on this machine may ask, but not a web page in a browser here: those
//! cannot send `application/json` to another origin without a permission that is never given.

use super::{ChainError, Evm, answers};
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Longest head of a question, bytes.
const LONGEST_HEAD: u64 = 16 << 10;
/// Longest question, bytes; a transaction with nine blobs has 2.4 million digits.
const LONGEST_BODY: usize = 16 << 20;
/// Questions in one.
const MOST_QUESTIONS: usize = 1_000;
/// Connections at once.
const MOST_CONNECTIONS: usize = 64;
/// How long a connection may say nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// A node that serves until it is dropped.
#[derive(Debug)]
pub struct Node {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    evm: Mutex<Evm>,
    /// Whether strangers may set clock, balances and blocks.
    development: bool,
    stopped: AtomicBool,
    connections: AtomicUsize,
}

impl Node {
    /// Serves a chain on a port of this machine (0: any that is free). With `development`, whoever asks may also set
    /// the clock, make and take back blocks, and give coins.
    ///
    /// # Errors
    /// Where the port is taken.
    pub fn serve(evm: Evm, port: u16, development: bool) -> io::Result<Self> {
        let listener = TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), port))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            evm: Mutex::new(evm),
            development,
            stopped: AtomicBool::new(false),
            connections: AtomicUsize::new(0),
        });
        let serving = Arc::clone(&shared);
        let listener =
            thread::Builder::new().name("node".into()).spawn(move || listen(&listener, &serving))?;
        Ok(Self { address, shared, listener: Some(listener) })
    }

    /// Where it can be asked: `http://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The chain itself, while nobody else is answered.
    pub fn chain(&self) -> MutexGuard<'_, Evm> {
        lock(&self.shared)
    }

    /// Serves until the process ends.
    pub fn wait(mut self) {
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

/// A thread that panicked while it held the chain left it between two steps only if the EVM itself panicked; what it
/// answers next is still checked against the file when that is opened again.
fn lock(shared: &Shared) -> MutexGuard<'_, Evm> {
    shared.evm.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(stream) = stream else { continue };
        if shared.connections.fetch_add(1, Ordering::SeqCst) >= MOST_CONNECTIONS {
            shared.connections.fetch_sub(1, Ordering::SeqCst);
            continue; // closed: the caller tries again
        }
        let serving = Arc::clone(shared);
        let served = thread::Builder::new().name("node connection".into()).spawn(move || {
            let _ = converse(&stream, &serving);
            serving.connections.fetch_sub(1, Ordering::SeqCst);
        });
        if served.is_err() {
            shared.connections.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Answers the questions of one connection, one after the other.
fn converse(stream: &TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while !shared.stopped.load(Ordering::SeqCst) {
        match question(&mut reader)? {
            Question::None => return Ok(()),
            Question::Refused(status) => return respond(&mut writer, status, b"", true),
            Question::Asked { body, last } => {
                let answer = reply(&body, shared);
                respond(&mut writer, "200 OK", answer.to_string().as_bytes(), last)?;
                if last {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

enum Question {
    /// The other side has nothing more to ask.
    None,
    /// What is answered instead, before the connection ends.
    Refused(&'static str),
    Asked {
        body: Vec<u8>,
        /// Whether the connection ends with it.
        last: bool,
    },
}

fn question(reader: &mut impl BufRead) -> io::Result<Question> {
    let mut head = reader.take(LONGEST_HEAD);
    let mut line = String::new();
    if head.read_line(&mut line)? == 0 {
        return Ok(Question::None);
    }
    let mut words = line.split_ascii_whitespace();
    let post = words.next() == Some("POST");
    let mut last = words.nth(1).is_none_or(|version| version != "HTTP/1.1");
    let (mut length, mut json, mut local, mut chunked) = (None, false, true, false);
    loop {
        line.clear();
        if head.read_line(&mut line)? == 0 {
            return Ok(Question::Refused("431 Request Header Fields Too Large"));
        }
        let field = line.trim_end();
        if field.is_empty() {
            break;
        }
        let Some((name, value)) = field.split_once(':') else {
            return Ok(Question::Refused("400 Bad Request"));
        };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse::<usize>().ok(),
            "content-type" => json = value.to_ascii_lowercase().starts_with("application/json"),
            "transfer-encoding" => chunked = true,
            "connection" => last |= value.eq_ignore_ascii_case("close"),
            // A name that somebody else's server gave this machine's address (DNS rebinding) is not ours.
            "host" => local = is_local(value),
            _ => {}
        }
    }
    if !post || chunked {
        return Ok(Question::Refused("405 Method Not Allowed"));
    }
    if !local {
        return Ok(Question::Refused("403 Forbidden"));
    }
    if !json {
        return Ok(Question::Refused("415 Unsupported Media Type"));
    }
    let Some(length) = length else { return Ok(Question::Refused("411 Length Required")) };
    if length > LONGEST_BODY {
        return Ok(Question::Refused("413 Content Too Large"));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Question::Asked { body, last })
}

fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn respond(writer: &mut impl Write, status: &str, body: &[u8], last: bool) -> io::Result<()> {
    let connection = if last { "close" } else { "keep-alive" };
    let length = body.len();
    let mut answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: {connection}\r\n\r\n"
    )
    .into_bytes();
    answer.extend_from_slice(body);
    writer.write_all(&answer)?;
    writer.flush()
}

/// The answer to one question, or to several in a list.
fn reply(body: &[u8], shared: &Shared) -> Value {
    let fault = |id: Value, code: i64, message: &str| json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } });
    match serde_json::from_slice(body) {
        Err(_) => fault(Value::Null, -32_700, "this is no JSON"),
        Ok(Value::Array(questions)) if questions.is_empty() || questions.len() > MOST_QUESTIONS => {
            fault(Value::Null, -32_600, "no questions, or too many at once")
        }
        Ok(Value::Array(questions)) => questions.iter().map(|question| single(question, shared)).collect(),
        Ok(question) => single(&question, shared),
    }
}

fn single(question: &Value, shared: &Shared) -> Value {
    let id = question.get("id").cloned().unwrap_or_default();
    let none = Vec::new();
    let params = question["params"].as_array().unwrap_or(&none);
    let error = |code: i64, message: String, data: Option<String>| {
        let mut error = json!({ "code": code, "message": message });
        if let Some(data) = data {
            error["data"] = data.into();
        }
        json!({ "jsonrpc": "2.0", "id": id, "error": error })
    };
    let Some(method) = question["method"].as_str() else {
        return error(-32_600, "no method is named".into(), None);
    };
    match answers::answer(&mut lock(shared), method, params, shared.development) {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(answers::Fault::Unknown) => error(-32_601, format!("method {method} is not known here"), None),
        Err(answers::Fault::Params) => {
            error(-32_602, format!("the parameters of {method} are not understood"), None)
        }
        Err(answers::Fault::Chain(fault)) => match fault {
            ChainError::Reverted { reason, data } => {
                error(3, format!("execution reverted: {reason}"), Some(super::json::hex(&data)))
            }
            ChainError::StaleNonce { chain, .. } => {
                error(-32_000, format!("nonce too low: next nonce {chain}"), None)
            }
            ChainError::Refused(why) => error(-32_000, why, None),
            other => error(-32_603, other.to_string(), None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ask(text: &str) -> Question {
        question(&mut text.as_bytes()).unwrap()
    }

    #[test]
    fn only_questions_of_this_machine_in_json_are_taken() {
        let with = |start: &str, host: &str, kind: &str, length: &str| {
            ask(&format!(
                "{start}\r\nHost: {host}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{{}}"
            ))
        };
        let post = "POST / HTTP/1.1";
        for host in ["127.0.0.1:8545", "localhost:8545", "LOCALHOST", "[::1]:1", "127.0.0.2"] {
            let asked = with(post, host, "application/json; charset=utf-8", "2");
            assert!(matches!(asked, Question::Asked { body, last: false } if body == b"{}"), "{host}");
        }
        let refused = |question| match question {
            Question::Refused(status) => status[..3].to_owned(),
            _ => panic!("taken"),
        };
        assert_eq!(refused(with(post, "evil.example", "application/json", "2")), "403");
        assert_eq!(refused(with(post, "10.0.0.1", "application/json", "2")), "403");
        assert_eq!(refused(with(post, "localhost", "text/plain", "2")), "415");
        assert_eq!(refused(with("GET / HTTP/1.1", "localhost", "application/json", "2")), "405");
        assert_eq!(refused(with(post, "localhost", "application/json", "-1")), "411");
        assert_eq!(refused(with(post, "localhost", "application/json", "999999999")), "413");
        assert_eq!(refused(ask(&format!("{post}\r\nX: {}\r\n\r\n", "y".repeat(20_000)))), "431");
        assert!(matches!(ask(""), Question::None));
    }

    proptest! {
        #[test]
        fn whatever_is_asked_is_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = question(&mut &bytes[..]);
            let shared = Shared {
                evm: Mutex::new(Evm::default()),
                development: true,
                stopped: AtomicBool::new(false),
                connections: AtomicUsize::new(0),
            };
            let _ = reply(&bytes, &shared);
        }
    }
}
