//! The commands of `leadyard-local`, each in words a person can follow.

mod logs;
mod watch;

use leadyard_tests::stack::{self, Profile, Stack, StackError, StackOptions};

pub use logs::logs;
pub use watch::watch;

/// The emulator's usual port, which tools of AWS emulators expect.
const USUAL_PORT: u16 = 4566;

/// The account that `up` makes an API key for.
const ACCOUNT: &str = "demo";

/// Compiles the functions and lays them out.
pub async fn build(profile: Profile) -> Result<(), StackError> {
    let dir = stack::build(profile).await?;
    println!("built: {}", dir.display());
    Ok(())
}

/// Starts the stack, leaves it running and says how to use it.
pub async fn up(profile: Profile) -> Result<(), StackError> {
    eprintln!("building the functions and starting the local stack ...");
    let mut options = StackOptions::named("up").profile(profile);
    if stack::is_free(USUAL_PORT) {
        options = options.port(USUAL_PORT);
    }
    let stack = Stack::start_and_leave(options).await?;
    let key = stack.seed_api_key(ACCOUNT, "admin").await?;
    println!("the local stack is running");
    println!("  api       {}/v1", stack.api_url());
    println!("  intake    {}/in/KEY", stack.api_url());
    println!("  emulator  {}", stack.endpoint());
    println!("  account   {ACCOUNT}");
    println!("  api key   {key}");
    println!();
    println!("publish the demo configuration:");
    println!("  curl -X PUT {} \\", stack.url("/v1/config"));
    println!("    -H 'Authorization: Bearer {key}' -H 'Content-Type: application/yaml' \\");
    println!("    --data-binary @events/demo-config.yaml");
    println!();
    println!("`make logs` follows the functions' logs, `make down` stops the stack.");
    Ok(())
}

/// Stops the stack that `up` left running.
pub async fn down() -> Result<(), StackError> {
    if Stack::stop_left().await? {
        println!("the local stack is stopped");
    } else {
        println!("no local stack was running");
    }
    Ok(())
}
