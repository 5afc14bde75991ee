//! What the study found, in one plain paragraph.

use super::settled;
use crate::report::text;
use crate::study::vpp::{Concept, Study};

/// The paragraph, without markup.
#[must_use]
pub fn vpp_words(study: &Study, currency: [u8; 3]) -> String {
    let money = |amount: f64| text::money(settled(amount), currency);
    let gain = study.game.total() - study.all_alone();
    let share =
        if study.complement.given > 0.0 { study.complement.netted / study.complement.given } else { 0.0 };
    let mut text = format!(
        "Each alone, the {} players earn {} together; operated as one plant they earn {}, {} more, because {:.0} % of what they \
         give stays among them and saves the wholesale market's margins.",
        study.plant.players.len(),
        money(study.all_alone()),
        money(study.game.total()),
        money(gain),
        100.0 * share
    );
    text += match study.is_superadditive() {
        true => " Any two groups gain by joining: the game is superadditive.",
        false => " Some groups lose by joining: the game is not superadditive.",
    };
    let fair: Vec<&str> = (study.outcomes.iter())
        .filter(|outcome| outcome.in_core())
        .map(|outcome| outcome.concept.title())
        .collect();
    text += &match fair.as_slice() {
        [] => " No division here keeps every group from wanting to leave.".to_owned(),
        fair => format!(" Nobody would rather leave, alone or as a group, under {}.", text::list(fair)),
    };
    let led = study.outcome(Concept::Stackelberg);
    text +=
        &format!(" Under an operator who sets prices, {} of the gain stays with it.", money(led.operator));
    if let Some((lie, gain)) = study.best_lie() {
        let name = &study.plant.players[lie.player].name;
        text += &format!(
            " The best lie about costs wins {} ({name} tells {:+.0} %, under {}); an audit that draws prices sees it on {} of {} \
             days.",
            money(gain.liar),
            100.0 * lie.by,
            gain.concept.title(),
            lie.caught,
            crate::study::vpp::DRAWN
        );
    }
    text
}
