//! Ports for tests, which nobody else is given: `cargo test` and `cargo nextest`, however many processes they start.
//! Run them under an address: `portreservation exec -- cargo nextest run`
use std::io::{BufRead, BufReader, Error, ErrorKind, Result, Write};
use std::os::unix::net::UnixStream;

/// A port of this process, free in TCP and UDP: asked for as portserver is asked.
pub fn port() -> Result<u16> {
    let port = ask(&format!("{}\n", std::process::id()))?;
    match port.trim().parse() {
        Ok(0) | Err(_) => Err(Error::new(ErrorKind::AddrInUse, "no port is free")),
        Ok(port) => Ok(port),
    }
}

/// The first of so many consecutive TCP ports, held until something listens: std sets SO_REUSEADDR.
pub fn block(number_of_ports: u16) -> Result<u16> {
    let wish = format!(r#"{{"numberOfPorts":{number_of_ports},"hold":"yield"}}"#);
    let answer = ask(&format!("{} {wish}\n", std::process::id()))?;
    // One number is all that is wanted of it; serde_json reads the rest.
    let first = answer.split("\"startPort\":").nth(1).and_then(|rest| rest.split(',').next());
    first
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| Error::new(ErrorKind::Other, answer))
}

fn ask(line: &str) -> Result<String> {
    let address = std::env::var_os("PORT_RESERVATION_ADDRESS")
        .ok_or_else(|| Error::new(ErrorKind::NotFound, "run portreservation exec -- cargo test"))?;
    let mut connection = UnixStream::connect(address)?;
    connection.write_all(line.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(connection).read_line(&mut answer)?;
    Ok(answer)
}
