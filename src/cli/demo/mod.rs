//! `doorward demo`: the whole product with an emulated company around it, played and then left to click.

mod folder;
mod people;
mod play;
mod sign_in;
mod told;
mod world;

use clap::Args;
use std::io::Write as _;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use told::Told;
use world::World;

/// What the command line says.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct DemoArgs {
    /// Play, print each step, and end: exit code 0 only if every step held
    #[arg(long)]
    pub(super) once: bool,
}

/// Plays the main job of the product over HTTP; without `once` everything then stays up until Ctrl-C.
///
/// # Errors
/// When the world cannot be started or nothing can be printed. A step that fails is an exit code, no error.
pub(super) async fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    let world = World::start().await?;
    let mut told = Told::default();
    let played = tokio::select! {
        played = act(&world, &mut told, args.once) => played,
        stopped = interrupted() => stopped,
    };
    world.end().await?;
    played?;
    Ok(if told.complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn act(world: &World, told: &mut Told, once: bool) -> anyhow::Result<()> {
    play::play(world, told).await?;
    told.sum()?;
    if once {
        return Ok(());
    }
    invite(world)?;
    interrupted().await
}

/// Ctrl-C, or the word of whoever runs the process.
async fn interrupted() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        pressed = tokio::signal::ctrl_c() => pressed?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// The links to click; the IdP shows its page with a button for each employee.
fn invite(world: &World) -> std::io::Result<()> {
    world.idp.sign_out();
    let (base, panel, idp) = (&world.base, world.panel.base_url(), world.idp.base_url());
    let (ada, cleo, olive) = (people::ADA, people::CLEO, people::OLIVE);
    let mut out = std::io::stdout();
    writeln!(out, "\nEverything stays up until Ctrl-C:")?;
    writeln!(out, "  panel app       {panel}/")?;
    writeln!(out, "  Doorward        {base}/")?;
    writeln!(out, "  sign-in         {base}/login    as {ada} or {cleo}: choose the person at the IdP")?;
    writeln!(out, "                  {base}/login/break-glass is for people who are named for it")?;
    writeln!(out, "  through SAML    {}", world.saml_login)?;
    writeln!(out, "  through OpenID  {}", world.oidc_login)?;
    writeln!(out, "  the IdP         {idp}/saml/metadata and {idp}/.well-known/openid-configuration")?;
    writeln!(out, "Sign-in is enforced: passwords (that of the owner {olive} too) are refused.")
}
