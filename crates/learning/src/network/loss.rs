//! The Huber loss: squared near zero, linear beyond (Huber, Annals of Mathematical Statistics 35(1), 1964).

/// e²/2 where |e| ≤ `limit`, limit·(|e| − limit/2) beyond; `limit` > 0.
#[must_use]
pub fn huber(error: f32, limit: f32) -> f32 {
    let size = error.abs();
    if size <= limit { 0.5 * error * error } else { limit * (size - 0.5 * limit) }
}

/// Its derivative with respect to the error: the error, cut to ± `limit`.
#[must_use]
pub fn huber_gradient(error: f32, limit: f32) -> f32 {
    error.clamp(-limit, limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        for limit in [0.5, 1.0, 3.0] {
            for error in [-7.0, -1.2, -0.3, 0.0, 0.4, 0.9, 5.0] {
                let difference = (huber(error + 1e-2, limit) - huber(error - 1e-2, limit)) / 2e-2;
                assert!((difference - huber_gradient(error, limit)).abs() < 1e-3, "{error} {limit}");
            }
        }
        assert_eq!((huber(3.0, 1.0), huber(-0.5, 1.0)), (2.5, 0.125));
    }
}
