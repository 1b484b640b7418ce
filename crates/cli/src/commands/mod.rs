//! What `hallpass` can be told to do: one file per command.

pub(crate) mod audit;
pub(crate) mod call;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod emulate;
pub(crate) mod exec;
pub(crate) mod init;
pub(crate) mod inventory;
pub(crate) mod learn;
pub(crate) mod lint;
pub(crate) mod man;
pub(crate) mod policy;
pub(crate) mod provision;
pub(crate) mod quickstart;
pub(crate) mod revoke;
pub(crate) mod rotate;
pub(crate) mod schema;
pub(crate) mod secret;
pub(crate) mod serve;

use clap::Subcommand;

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::printer::Printer;

/// The commands, in the order in which a newcomer needs them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Quickstart(quickstart::Quickstart),
    Init(init::Init),
    Check(check::Check),
    Doctor(doctor::Doctor),
    Lint(lint::Lint),
    Inventory(inventory::InventoryCommand),
    Serve(serve::Serve),
    Exec(exec::Exec),
    Call(call::Call),
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    Learn(learn::Learn),
    #[command(subcommand)]
    Secret(secret::SecretCommand),
    #[command(subcommand)]
    Provision(provision::ProvisionCommand),
    #[command(subcommand)]
    Rotate(rotate::RotateCommand),
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    Revoke(revoke::Revoke),
    Emulate(emulate::Emulate),
    Schema(schema::Schema),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Does what was asked.
pub(crate) async fn run(arguments: Arguments, printer: &Printer) -> Result<Exit, Failure> {
    let config = arguments.config.as_deref();
    match arguments.command {
        Command::Quickstart(command) => command.run(printer).await,
        Command::Init(command) => command.run(config, printer),
        Command::Check(command) => command.run(config, printer).await,
        Command::Doctor(command) => command.run(config, printer).await,
        Command::Lint(command) => command.run(config, printer).await,
        Command::Inventory(command) => command.run(config, printer).await,
        Command::Serve(command) => command.run(config, printer).await,
        Command::Exec(command) => command.run(config, printer).await,
        Command::Call(command) => command.run(config, printer).await,
        Command::Policy(command) => command.run(config, printer),
        Command::Learn(command) => command.run(config, printer).await,
        Command::Secret(command) => command.run(config, printer).await,
        Command::Provision(command) => command.run(config, printer).await,
        Command::Rotate(command) => command.run(config, printer).await,
        Command::Audit(command) => command.run(config, printer).await,
        Command::Revoke(command) => command.run(config, printer).await,
        Command::Emulate(command) => command.run(printer).await,
        Command::Schema(command) => command.run(printer),
        Command::Completions(command) => command.run(printer),
        Command::Man(command) => command.run(printer),
    }
}
