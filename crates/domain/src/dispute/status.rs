//! The status of a dispute.

use entity::value::DisputeStatus::{self, Closed, Lost, Open, UnderReview, Warning, Won};

/// Statuses that can follow each status.
const TRANSITIONS: [(DisputeStatus, &[DisputeStatus]); 6] = [
    (Warning, &[Open, Closed]),
    (Open, &[UnderReview, Won, Lost]),
    (UnderReview, &[Won, Lost]),
    (Lost, &[Won]),
    (Won, &[]),
    (Closed, &[]),
];

/// Whether a status can follow another one, also by statuses in between that no report told of.
pub(super) fn can_follow(from: DisputeStatus, to: DisputeStatus) -> bool {
    let next = TRANSITIONS.iter().find(|(status, _)| *status == from).map_or(&[][..], |(_, next)| *next);
    next.iter().any(|status| *status == to || can_follow(*status, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dispute_moves_forward_alone() {
        let all = [Warning, Open, UnderReview, Won, Lost, Closed];
        let allowed: Vec<_> = all
            .iter()
            .flat_map(|from| all.iter().map(move |to| (*from, *to)))
            .filter(|(from, to)| can_follow(*from, *to))
            .collect();
        let expected = [
            (Warning, Open),
            (Warning, UnderReview),
            (Warning, Won),
            (Warning, Lost),
            (Warning, Closed),
            (Open, UnderReview),
            (Open, Won),
            (Open, Lost),
            (UnderReview, Won),
            (UnderReview, Lost),
            (Lost, Won),
        ];
        assert_eq!(allowed, expected);
    }
}
