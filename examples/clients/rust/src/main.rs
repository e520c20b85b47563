//! A client of PortReservation on lsp-server: joins who serves, or starts a worker. Copy what is above main.
use lsp_server::{Message, Notification, Request, Response, ResponseError};
use serde_json::{json, Value};
use std::collections::VecDeque;
use std::io::{self, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};

/// The name in the catalogue of what the service refused; empty for a fault of the request itself.
pub fn name_of(refusal: &ResponseError) -> &str {
    refusal.data.as_ref().and_then(|data| data["name"].as_str()).unwrap_or_default()
}

/// A conversation. Calls are made one after the other; what is told meanwhile is kept for `next_told`.
pub struct Client {
    from: BufReader<Box<dyn io::Read>>,
    to: Box<dyn Write>,
    worker: Option<Child>,
    last_id: i32,
    told: VecDeque<Notification>,
}

impl Client {
    /// Joins the address, or else starts a worker.
    pub fn open() -> io::Result<Client> {
        let address = std::env::var_os("PORT_RESERVATION_ADDRESS").unwrap_or_default();
        let (from, to, worker): (Box<dyn io::Read>, Box<dyn Write>, _) = if let Ok(stream) = UnixStream::connect(address) {
            (Box::new(stream.try_clone()?), Box::new(stream), None)
        } else {
            let mut start = Command::new("portreservation");
            let mut worker = start.args(["serve", "--stdio"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
            (Box::new(worker.stdout.take().unwrap()), Box::new(worker.stdin.take().unwrap()), Some(worker))
        };
        let mut client = Client { from: BufReader::new(from), to, worker, last_id: 0, told: VecDeque::new() };
        let (process, capabilities) = (std::process::id(), json!({"reservationChanged": true}));
        let params = json!({"protocolVersion": 1, "processId": process, "capabilities": capabilities});
        client.call("initialize", params)?.map_err(|refusal| io::Error::other(refusal.message))?;
        Ok(client)
    }

    /// Calls a method, with its params by name, and waits. Fails when nobody serves any more: what was reserved is free then.
    pub fn call(&mut self, method: &str, params: Value) -> io::Result<Result<Value, ResponseError>> {
        self.last_id += 1;
        Message::Request(Request::new(self.last_id.into(), method.into(), params)).write(&mut self.to)?;
        loop {
            if let Some(answer) = self.read()? {
                return Ok(answer.error.map_or(Ok(answer.result.unwrap_or_default()), Err));
            }
        }
    }

    /// The next notification, such as `reservation/changed`.
    pub fn next_told(&mut self) -> io::Result<Notification> {
        while self.told.is_empty() {
            self.read()?;
        }
        Ok(self.told.pop_front().unwrap())
    }

    /// The answer to the call under way, or None: something else has come.
    fn read(&mut self) -> io::Result<Option<Response>> {
        match Message::read(&mut self.from)? {
            Some(Message::Response(answer)) => return Ok(Some(answer)),
            Some(Message::Notification(told)) => self.told.push_back(told),
            Some(Message::Request(_)) => {} // only a client that offers to hold is asked
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        Ok(None)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.to = Box::new(io::sink()); // the end of its input frees what is held
        self.worker.as_mut().map(Child::wait);
    }
}

fn main() -> io::Result<()> {
    let mut ports = Client::open()?;
    let made = ports.call("reservation/create", json!({"protocol": "tcp", "numberOfPorts": 2, "name": "démo"}))?;
    let range = &made.unwrap()["reservations"][0]["range"];
    println!("reserved {}", range["startPort"]);
    let is_ours = |all: &Vec<Value>| all.iter().any(|one| one["name"] == "démo");
    while !ports.next_told()?.params["added"].as_array().is_some_and(is_ours) {}
    println!("told {}", range["startPort"]);
    let listed = ports.call("reservation/list", json!({"name": "démo"}))?.unwrap();
    println!("listed {}", listed["reservations"][0]["range"]["startPort"]);
    let refusal = ports.call("reservation/create", json!({"protocol": "tcp", "startPort": range["startPort"]}))?.unwrap_err();
    println!("refused {}", name_of(&refusal));
    ports.call("reservation/release", json!({"protocol": "tcp", "range": range}))?.unwrap();
    println!("released");
    if std::env::var_os("STAY").is_some() {
        while ports.next_told().is_ok() {}
        println!("gone");
    }
    Ok(())
}
