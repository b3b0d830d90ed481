//! Selection and scrolling of a list of any length, of which only the visible part is ever drawn.

/// Where a list stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct List {
    pub selected: usize,
    /// The first visible row.
    pub offset: usize,
    /// Stay at the end as rows are appended.
    pub follow: bool,
}

impl List {
    /// A list that stays at its end until someone scrolls up.
    pub fn following() -> Self {
        Self { follow: true, ..Self::default() }
    }

    /// Moves the selection by rows.
    pub fn step(&mut self, by: isize, len: usize) {
        self.selected = self.selected.saturating_add_signed(by).min(len.saturating_sub(1));
        self.stop_following(len);
    }

    /// Selects a row.
    pub fn select(&mut self, at: usize, len: usize) {
        self.selected = at.min(len.saturating_sub(1));
        self.stop_following(len);
    }

    /// Selects the first row.
    pub fn first(&mut self, len: usize) {
        self.selected = 0;
        self.stop_following(len);
    }

    /// Selects the last row.
    pub fn last(&mut self, len: usize) {
        self.selected = len.saturating_sub(1);
        self.stop_following(len);
    }

    fn stop_following(&mut self, len: usize) {
        // Reaching the end by hand is how one says that one wants to stay there.
        self.follow = self.selected + 1 >= len;
    }

    /// Keeps the selection inside the list and inside the window of `height` rows. `follows`: whether this list may stay
    /// at its end.
    pub fn settle(&mut self, len: usize, height: usize, follows: bool) {
        if follows && self.follow {
            self.selected = len.saturating_sub(1);
        }
        self.selected = self.selected.min(len.saturating_sub(1));
        let height = height.max(1);
        if self.selected < self.offset {
            self.offset = self.selected;
        } else if self.selected >= self.offset + height {
            self.offset = self.selected + 1 - height;
        }
        self.offset = self.offset.min(len.saturating_sub(height));
    }

    /// As [`settle`](Self::settle) for entries of one or more rows: `rows` tells how many an entry takes in the window.
    pub fn settle_tall(&mut self, len: usize, height: usize, follows: bool, rows: impl Fn(usize) -> usize) {
        if follows && self.follow {
            self.selected = len.saturating_sub(1);
        }
        self.selected = self.selected.min(len.saturating_sub(1));
        // The first entry of a window that ends with the one at `end`.
        let first_above = |end: usize| {
            let (mut first, mut used) = (end, rows(end));
            while first > 0 && used + rows(first - 1) <= height {
                first -= 1;
                used += rows(first);
            }
            first
        };
        if len > 0 {
            let highest = first_above(self.selected);
            self.offset = self.offset.clamp(highest, self.selected).min(first_above(len - 1).max(highest));
        }
    }

    /// The rows to draw in a window of `height` rows.
    pub fn visible(&self, len: usize, height: usize) -> std::ops::Range<usize> {
        let start = self.offset.min(len);
        start..(start + height).min(len)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_following_list_stays_at_its_end_until_scrolled() {
        let mut list = List::following();
        list.settle(100, 10, true);
        assert_eq!((list.selected, list.offset), (99, 90));
        list.step(-1, 100);
        list.settle(120, 10, true);
        assert_eq!((list.selected, list.offset), (98, 90));
        list.last(120);
        list.settle(130, 10, true);
        assert_eq!(list.selected, 129);
    }

    proptest! {
        #[test]
        fn a_tall_selection_is_visible_and_no_room_stays_empty(
            rows in proptest::collection::vec(1usize..6, 1..40),
            moves in proptest::collection::vec(-9isize..9, 1..20),
            height in 6usize..20,
        ) {
            let mut list = List::following();
            for by in moves {
                list.step(by, rows.len());
                list.settle_tall(rows.len(), height, true, |i| rows[i]);
                prop_assert!(list.offset <= list.selected);
                prop_assert!(rows[list.offset..=list.selected].iter().sum::<usize>() <= height);
                let below: usize = rows[list.offset..].iter().sum();
                prop_assert!(list.offset == 0 || below + rows[list.offset - 1] > height);
            }
        }

        #[test]
        fn the_selection_is_always_visible(moves in proptest::collection::vec((-50isize..50, 0usize..200, 0usize..30), 1..40)) {
            let mut list = List::default();
            for (by, len, height) in moves {
                list.step(by, len);
                list.settle(len, height, false);
                prop_assert!(len == 0 || list.visible(len, height.max(1)).contains(&list.selected));
            }
        }
    }
}
