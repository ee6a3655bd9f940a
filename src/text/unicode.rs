//! What a reader does not see, or sees in another place than where it stands.

use std::ops::RangeInclusive;

/// The characters of Unicode 18.0 (2026) with the property Default_Ignorable_Code_Point or Bidi_Control, or of
/// the general category Cc, Cf, Zl or Zp. The test beside it prints the table of another version.
pub(super) const HIDDEN: &[RangeInclusive<char>] = &[
    '\u{0}'..='\u{1f}',
    '\u{7f}'..='\u{9f}',
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{600}'..='\u{605}',
    '\u{61c}'..='\u{61c}',
    '\u{6dd}'..='\u{6dd}',
    '\u{70f}'..='\u{70f}',
    '\u{890}'..='\u{891}',
    '\u{8e2}'..='\u{8e2}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{110bd}'..='\u{110bd}',
    '\u{110cd}'..='\u{110cd}',
    '\u{13430}'..='\u{1343f}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

pub(super) fn is_hidden(c: char) -> bool {
    let after = HIDDEN.partition_point(|range| *range.end() < c);
    HIDDEN.get(after).is_some_and(|range| range.contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use icu_properties::props::{
        BidiControl, DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup,
    };
    use icu_properties::{CodePointMapData, CodePointSetData};

    /// By the data of ICU, whose version of Unicode is that of the crate.
    fn hides(c: char) -> bool {
        let category = CodePointMapData::<GeneralCategory>::new().get(c);
        let controls = GeneralCategoryGroup::Control.union(GeneralCategoryGroup::Format);
        let lines = GeneralCategory::LineSeparator == category
            || GeneralCategory::ParagraphSeparator == category;
        lines
            || controls.contains(category)
            || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
            || CodePointSetData::new::<BidiControl>().contains(c)
    }

    #[test]
    fn the_table_is_that_of_unicodes_data() {
        let mut table: Vec<RangeInclusive<char>> = Vec::new();
        let mut before = None;
        for c in '\0'..=char::MAX {
            match (hides(c), table.last_mut()) {
                (true, Some(last)) if before == Some(*last.end()) => *last = *last.start()..=c,
                (true, _) => table.push(c..=c),
                _ => {}
            }
            before = Some(c);
        }
        assert!(
            table == HIDDEN,
            "{}",
            table.iter().map(|r| format!("{r:?},\n")).collect::<String>()
        );
    }

    #[test]
    fn the_ends_of_a_range_are_in_it() {
        for range in HIDDEN {
            assert!(is_hidden(*range.start()) && is_hidden(*range.end()));
        }
        for c in ['a', ' ', '\\', '\u{e9}', '\u{1bc9f}', '\u{1bca4}', '\u{e1000}', char::MAX] {
            assert!(!is_hidden(c));
        }
    }
}
