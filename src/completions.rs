//! `wattle completions` and `wattle man`: the shell's help, from the definition of the command line.

use crate::failure::Failure;
use crate::output::print;

/// Prints the completions of a shell.
pub(crate) fn completions(shell: clap_complete::Shell, mut command: clap::Command) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command, "wattle", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Prints the manual page: the whole program, then each verb.
pub(crate) fn manual(mut command: clap::Command) -> Result<(), Failure> {
    command.build();
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(command.clone()).render(&mut page);
    let verbs: Vec<_> = command.get_subcommands().filter(|verb| verb.get_name() != "help").cloned().collect();
    let rendered = verbs.into_iter().fold(rendered, |done, verb| {
        done.and_then(|()| {
            let man = clap_mangen::Man::new(verb);
            man.render_name_section(&mut page)?;
            man.render_synopsis_section(&mut page)?;
            man.render_description_section(&mut page)?;
            man.render_options_section(&mut page)
        })
    });
    rendered.map_err(|error| Failure::World(format!("the manual page: {error}")))?;
    print(&String::from_utf8_lossy(&page))
}
