//! The list of panes.

/// Every pane, in the order of the tab key: its name, which is its title too, and the module that bears its part in each
/// of the rooms [`state`](super), [`update`](crate::console::update) and [`view`](crate::console::view). Calls the macro that it is
/// given with the list, so that each room makes its own table of it.
///
/// A new pane is a file of its name in each of the three rooms and a line here; the order of tabs, titles, the keys' help
/// and README's table, what a click hits and where the pane lies follow from the line and from its
/// [`Spec`](super::spec::Spec).
macro_rules! panes {
    ($make:ident) => {
        $make! {
            Datasets datasets,
            Stages stages,
            Runs runs,
            Losses losses,
            Labels labels,
            Metrics metrics,
            Embedding embedding,
            Health health,
            Log log,
            Studies studies,
            System system,
        }
    };
}
pub(in crate::console) use panes;

macro_rules! declare {
    ($($name:ident $module:ident,)*) => {
        /// The parts of the screen that can have the focus.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Pane {
            $($name,)*
        }

        impl Pane {
            /// In the order of the tab key.
            pub const ALL: [Pane; [$(Pane::$name,)*].len()] = [$(Pane::$name,)*];

            /// Its name on the screen.
            pub fn title(self) -> &'static str {
                match self {
                    $(Pane::$name => stringify!($name),)*
                }
            }
        }
    };
}
panes!(declare);
