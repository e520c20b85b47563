//! Reads documents into the generated types and writes them again: lines of a type, a tab and JSON.
#[allow(dead_code)]
mod ports;

use serde::{de::DeserializeOwned, Serialize};

fn again<T: DeserializeOwned + Serialize>(text: &str) -> String {
    serde_json::to_string(&serde_json::from_str::<T>(text).unwrap()).unwrap()
}

fn main() {
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (kind, text) = line.split_once('\t').unwrap();
        let written = match kind {
            "ReservationCreateParams" => again::<ports::ReservationCreateParams>(text),
            "Reservations" => again::<ports::Reservations>(text),
            "ListedReservations" => again::<ports::ListedReservations>(text),
            "PortStatusList" => again::<ports::PortStatusList>(text),
            "PortMaps" => again::<ports::PortMaps>(text),
            "ErrorData" => again::<ports::ErrorData>(text),
            _ => panic!("{kind}"),
        };
        println!("{written}");
    }
}
