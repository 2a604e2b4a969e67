//! Brokers that are none: a port where nobody listens, and a peer that takes everything and says
//! nothing.

use std::io::Read;
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

/// Returns an address where nobody listens.
pub(crate) fn nobody() -> String {
    // Bound, known, and closed again.
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A peer that never answers.
#[derive(Debug)]
pub(crate) struct Silent {
    /// Its address.
    pub(crate) address: String,
    heard: Receiver<usize>,
}

impl Silent {
    /// Listens.
    pub(crate) fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, heard) = channel::<usize>();
        // It ends with the test's process.
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let sender = sender.clone();
                std::thread::spawn(move || {
                    let mut buffer = [0; 1024];
                    while let Ok(length @ 1..) = stream.read(&mut buffer) {
                        if sender.send(length).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { address, heard }
    }

    /// Waits until something was asked.
    pub(crate) fn wait(&self) {
        self.heard.recv_timeout(crate::home::PATIENCE).unwrap();
    }
}
