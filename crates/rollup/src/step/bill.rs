//! Bills: what one metering point pays and receives for an interval, line by line: `market::Bill` without what is
//! agreed later (taxes, distances, penalties, common deviations).

use super::leaf::{Account, Position, Tariff};
use super::money::{COMMUNITY, GRID_OPERATOR, GUARANTOR, LEVIES, SUPPLIER, repay};

/// One line.
#[derive(Clone, Copy)]
pub(super) struct Line {
    /// The member pays; else it receives.
    pays: bool,
    /// The account on the other side.
    with: u32,
    energy: u64,
    /// n€; negative where the price is.
    money: i128,
    /// Whether it stands for energy that moves, even where it costs nothing.
    moves: bool,
}

/// All lines, in the order in which they are posted: what the member receives comes first.
pub(super) fn lines(position: &Position, (import, export): (i32, i32), tariff: &Tariff) -> [Line; 10] {
    let taken = position.bought.min(position.import);
    let supplied = position.import.saturating_sub(position.bought);
    let fed_in = position.export.saturating_sub(position.sold);
    let short = position.sold.saturating_sub(position.export);
    let long = position.bought.saturating_sub(position.import);
    let outside = supplied + short;
    let line = |pays, with, energy: u64, price: i32, moves| {
        let money = i128::from(energy) * i128::from(price);
        Line { pays, with, energy, money, moves }
    };
    let trade =
        |pays, energy, money: i64| Line { pays, with: COMMUNITY, energy, money: money.into(), moves: true };
    [
        trade(false, position.sold, position.received),
        line(false, SUPPLIER, fed_in, export, true),
        line(false, SUPPLIER, long, export, true),
        trade(true, position.bought, position.paid),
        line(true, SUPPLIER, supplied, import, true),
        line(true, SUPPLIER, short, import, true),
        line(true, GRID_OPERATOR, taken, tariff.peer_grid_fee, false),
        line(true, LEVIES, taken, tariff.peer_levy, false),
        line(true, GRID_OPERATOR, outside, tariff.grid_fee, false),
        line(true, LEVIES, outside, tariff.levy, false),
    ]
}

/// By how much the accounts from the beginning change, n€, by number.
pub(super) type Flows = [i128; 6];

/// Posts a line between a member and the others: what the member lacks is lent by the guarantor, who has `fund` less
/// what flowed; what it receives pays its debt back. Whether the guarantor could lend.
pub(super) fn post(line: &Line, member: &mut Account, flows: &mut Flows, fund: i128) -> bool {
    if line.money == 0 && !(line.moves && line.energy > 0) {
        return true;
    }
    let (pays, money) = if line.money < 0 { (!line.pays, -line.money) } else { (line.pays, line.money) };
    if pays {
        let lacking = money - member.available();
        if lacking > 0 {
            if fund + flows[GUARANTOR as usize] < lacking {
                return false;
            }
            flows[GUARANTOR as usize] -= lacking;
            member.balance += lacking;
            member.debt += lacking;
        }
        member.balance -= money;
        flows[line.with as usize] += money;
    } else {
        flows[line.with as usize] -= money;
        member.balance += money;
        flows[GUARANTOR as usize] += repay(member);
    }
    true
}
