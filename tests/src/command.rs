//! The commands of `leadyard-local`, each in words a person can follow.

mod logs;
mod simulate;
mod watch;

use leadyard_tests::{
    client::Api,
    demo,
    stack::{self, Profile, Stack, StackError, StackOptions},
};

pub use logs::logs;
pub use simulate::{Simulate, simulate};
pub use watch::watch;

/// The emulator's usual port, which tools of AWS emulators expect.
const USUAL_PORT: u16 = 4566;

/// The source of the demo's config that takes a form without a signature.
const FORM_SOURCE: &str = "landing-page";

/// Compiles the functions and lays them out.
pub async fn build(profile: Profile) -> Result<(), StackError> {
    let dir = stack::build(profile).await?;
    println!("built: {}", dir.display());
    Ok(())
}

/// Starts the stack with the demo's config, leaves it running and says how to use it.
pub async fn up(profile: Profile) -> Result<(), StackError> {
    eprintln!("building the functions and starting the local stack ...");
    let mut options = StackOptions::named("up").profile(profile);
    if stack::is_free(USUAL_PORT) {
        options = options.port(USUAL_PORT);
    }
    let stack = Stack::start_and_leave(options).await?;
    let api = Api::of(&stack, demo::ACCOUNT).await?;
    let published = demo::publish(&api, demo::RECEIVERS).await?;
    let key = api.key();
    println!("the local stack is running");
    println!("  api       {}", stack.url("/v1"));
    println!("  api key   {key}  (account {}, role admin)", demo::ACCOUNT);
    println!("  emulator  {}", stack.endpoint());
    for (source, url) in &published.endpoints {
        println!("  source    {source}: {url}");
    }
    println!("  config    events/demo-config.yaml, which delivers to {}: listen there to receive", demo::RECEIVERS);
    println!();
    println!("send a lead, and see what became of it:");
    println!("  curl -i {} -d 'name=Ada Lovelace' -d email=ada@example.com", published.endpoint(FORM_SOURCE)?);
    println!("  curl {} -H 'Authorization: Bearer {key}'", stack.url("/v1/events"));
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
