//! The page.
use super::VppSubject;
use crate::study::vpp::Study;
pub(super) fn render(_: &VppSubject, _: &Study) -> String {
    String::new()
}
