//! A client of PortReservation on std and serde_json: joins who serves, or starts a worker. Copy what is above main.
use serde_json::{json, Value};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

/// What the service refused, or that nobody serves any more: what was reserved is free then.
#[derive(Debug)]
pub enum Failure {
    Refused { name: String, message: String },
    Gone(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Failure::Gone(error)
    }
}

/// A conversation. Calls are made one after the other; what is told meanwhile is kept for `next_told`.
pub struct Client {
    from: Box<dyn BufRead>,
    to: Box<dyn Write>,
    worker: Option<Child>,
    last_id: u64,
    told: Vec<Value>,
}

impl Client {
    /// Joins the address, or else starts the command.
    pub fn open(command: &[&str]) -> Result<Client, Failure> {
        let address = std::env::var_os("PORT_RESERVATION_ADDRESS").unwrap_or_default();
        let (from, to, worker): (Box<dyn BufRead>, Box<dyn Write>, _) = match UnixStream::connect(address) {
            Ok(stream) => (Box::new(BufReader::new(stream.try_clone()?)), Box::new(stream), None),
            Err(_) => {
                let mut start = Command::new(command[0]);
                let start = start.args(&command[1..]).stdin(Stdio::piped()).stdout(Stdio::piped());
                let mut worker = start.spawn()?;
                let (input, output) = (worker.stdin.take().unwrap(), worker.stdout.take().unwrap());
                (Box::new(BufReader::new(output)), Box::new(input), Some(worker))
            }
        };
        let mut client = Client { from, to, worker, last_id: 0, told: vec![] };
        let capabilities = json!({"reservationChanged": true});
        client.call(
            "initialize",
            json!({"protocolVersion": 1, "processId": std::process::id(), "capabilities": capabilities}),
        )?;
        Ok(client)
    }

    pub fn call(&mut self, method: &str, params: Value) -> Result<Value, Failure> {
        self.last_id += 1;
        let message = json!({"jsonrpc": "2.0", "id": self.last_id, "method": method, "params": params});
        let body = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        self.to.flush()?;
        loop {
            let answer = self.read()?;
            if answer["id"] != json!(self.last_id) {
                self.told.push(answer);
            } else if let Some(error) = answer.get("error") {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
                let (name, message) = (text(&error["data"]["name"]), text(&error["message"]));
                return Err(Failure::Refused { name, message });
            } else {
                return Ok(answer["result"].clone());
            }
        }
    }

    /// The next notification, such as `reservation/changed`.
    pub fn next_told(&mut self) -> Result<Value, Failure> {
        if self.told.is_empty() { Ok(self.read()?) } else { Ok(self.told.remove(0)) }
    }

    fn read(&mut self) -> io::Result<Value> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.from.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match line.trim_end().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().unwrap_or(0),
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.from.read_exact(&mut body)?;
        Ok(serde_json::from_slice(&body)?)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.to = Box::new(io::sink()); // the end of its input frees what is held
        if let Some(worker) = &mut self.worker {
            let _ = worker.wait();
        }
    }
}

fn main() -> Result<(), Failure> {
    let words = std::env::var("PORTRESERVATION").unwrap_or("portreservation serve --stdio".into());
    let mut ports = Client::open(&words.split(' ').collect::<Vec<_>>())?;
    let made = ports.call("reservation/create", json!({"protocol": "tcp", "numberOfPorts": 2, "name": "demo"}))?;
    let range = made["reservations"][0]["range"].clone();
    println!("reserved {}", range["startPort"]);
    let is_ours = |change: &Value| {
        let added = change["params"]["added"].as_array().cloned().unwrap_or_default();
        added.iter().any(|one| one["name"] == "demo")
    };
    while !is_ours(&ports.next_told()?) {}
    println!("told {}", range["startPort"]);
    let listed = ports.call("reservation/list", json!({"name": "demo"}))?;
    println!("listed {}", listed["reservations"].as_array().map_or(0, Vec::len));
    match ports.call("reservation/create", json!({"protocol": "tcp", "startPort": range["startPort"]})) {
        Err(Failure::Refused { name, .. }) => println!("refused {name}"),
        other => println!("not refused: {other:?}"),
    }
    ports.call("reservation/release", json!({"protocol": "tcp", "range": range}))?;
    println!("released");
    if std::env::var_os("STAY").is_some() {
        while ports.next_told().is_ok() {}
        println!("gone");
    }
    Ok(())
}
