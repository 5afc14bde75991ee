//! The dueling head: the worth of a state and, apart from it, what each action adds.
//!
//! Q(s, a) = V(s) + A(s, a) − mean over a' of A(s, a') (Wang et al., "Dueling network architectures for deep
//! reinforcement learning", ICML 2016, eq. 9), for every objective by itself. A head's row is V, one entry per
//! objective, then A, actions × objectives; a row of values is actions × objectives.

/// Writes Q of one row.
pub(super) fn combine(head: &[f32], objectives: usize, values: &mut [f32]) {
    let (worth, advantages) = head.split_at(objectives);
    let actions = values.len() / objectives;
    for objective in 0..objectives {
        let of_objective = advantages[objective..].iter().step_by(objectives);
        let base = worth[objective] - of_objective.clone().sum::<f32>() / actions as f32;
        for (value, advantage) in values[objective..].iter_mut().step_by(objectives).zip(of_objective) {
            *value = base + advantage;
        }
    }
}

/// Writes ∂/∂head of one row, given ∂/∂Q.
pub(super) fn separate(values: &[f32], objectives: usize, head: &mut [f32]) {
    let (worth, advantages) = head.split_at_mut(objectives);
    let actions = values.len() / objectives;
    for objective in 0..objectives {
        let of_objective = values[objective..].iter().step_by(objectives);
        let sum = of_objective.clone().sum::<f32>();
        worth[objective] = sum;
        for (advantage, value) in advantages[objective..].iter_mut().step_by(objectives).zip(of_objective) {
            *advantage = value - sum / actions as f32;
        }
    }
}
