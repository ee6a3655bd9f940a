//! Enumerations with a word for each member, as documents, JSON and vectors have it.

/// Gives an enum `ALL` and `name`, from one list: a member that is missing in it does not compile.
macro_rules! words {
    ($type:ident { $($member:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            pub const ALL: &'static [Self] = &[$(Self::$member),+];

            /// The word for it: lower case, with hyphens.
            pub fn name(self) -> &'static str {
                match self { $(Self::$member => $word),+ }
            }
        }
    };
}
