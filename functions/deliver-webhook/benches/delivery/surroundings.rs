//! A process with a table, a receiver that answers and one that hangs.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use leadyard_fakes::{Answered, Receiver, Table};
use leadyard_store::Store;
use tokio::io::AsyncReadExt as _;

const ASKED_FOR: &str = "LEADYARD_BENCH_SURROUNDINGS";

pub fn is_asked_for() -> bool {
    std::env::var_os(ASKED_FOR).is_some()
}

/// Serves until the process that started it goes away.
pub async fn serve() {
    let table = Table::start().await;
    let answers = Receiver::start(|_| Answered::status(200)).await;
    let hangs = Receiver::start(|_| Answered::Never).await;
    println!("{} {} {}", table.endpoint(), answers.url(), hangs.url());
    tokio::io::stdin().read_to_end(&mut Vec::new()).await.unwrap();
}

pub struct Surroundings {
    table: String,
    pub answers: String,
    pub hangs: String,
    process: Child,
}

impl Surroundings {
    pub fn start() -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(ASKED_FOR, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let mut parts = line.split_whitespace().map(str::to_owned);
        let mut next = || parts.next().unwrap();
        let (table, answers, hangs) = (next(), next(), next());
        Self { table, answers, hangs, process }
    }

    /// The table, and how long requests to it have been on their way, in nanoseconds.
    pub fn store(&self) -> (Store, Arc<AtomicU64>) {
        Table::timed_store_at(&self.table)
    }
}

impl Drop for Surroundings {
    fn drop(&mut self) {
        // Its stdin ends with ours; should it not, it ends so.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
