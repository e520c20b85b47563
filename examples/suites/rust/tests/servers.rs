use std::io::Write;
use std::net::{TcpListener, TcpStream};

#[test]
fn servers_have_their_ports() {
    let all: Vec<_> = (0..24).map(|_| std::thread::spawn(server)).collect();
    for one in all {
        one.join().unwrap();
    }
}

fn server() {
    let port = ports::port().unwrap();
    let _listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    TcpStream::connect(("127.0.0.1", port)).unwrap();
    // For who runs two suites at once: which ports were given.
    if let Some(log) = std::env::var_os("PORTS_LOG") {
        let mut file = std::fs::OpenOptions::new().append(true).create(true).open(log).unwrap();
        file.write_all(format!("{port}\n").as_bytes()).unwrap();
    }
}

#[test]
fn a_block_is_held_until_it_is_used() {
    let first = ports::block(2).unwrap();
    let _one = TcpListener::bind(("0.0.0.0", first)).unwrap();
    let _other = TcpListener::bind(("0.0.0.0", first + 1)).unwrap();
}
