//! Arenas with typed ids: a number that only fits the list it was made for.
//!
//! A copy of an arena shares what it holds until one of the two is changed, so that a copy of a network
//! with one thing otherwise costs no more than the kind of that thing.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

/// The number of a `T` in its arena.
pub struct Id<T>(u32, PhantomData<fn() -> T>);

impl<T> Id<T> {
    /// The id of the `index`th.
    #[must_use]
    pub const fn new(index: u32) -> Self {
        Self(index, PhantomData)
    }

    /// Its number, from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Everything of one kind, by id.
#[derive(Debug)]
pub struct Arena<T>(Arc<Vec<T>>);

impl<T> Clone for Arena<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Arena<T> {
    /// Adds one.
    pub fn push(&mut self, value: T) -> Id<T>
    where
        T: Clone,
    {
        // A topology of more than 2³² resources does not fit the 512 MiB that a file may have.
        let id = Id::new(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        Arc::make_mut(&mut self.0).push(value);
        id
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Id<T>, &T)> + DoubleEndedIterator {
        self.0
            .iter()
            .enumerate()
            .map(|(index, value)| (Id::new(index as u32), value))
    }

    /// All of them, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Id<T>, &mut T)>
    where
        T: Clone,
    {
        Arc::make_mut(&mut self.0)
            .iter_mut()
            .enumerate()
            .map(|(index, value)| (Id::new(index as u32), value))
    }

    /// Their ids.
    pub fn ids(&self) -> impl Iterator<Item = Id<T>> + use<T> {
        (0..self.0.len()).map(|index| Id::new(index as u32))
    }
}

// An id is only made by the arena that holds its value.
impl<T> Index<Id<T>> for Arena<T> {
    type Output = T;
    fn index(&self, id: Id<T>) -> &T {
        &self.0[id.index()]
    }
}
impl<T: Clone> IndexMut<Id<T>> for Arena<T> {
    fn index_mut(&mut self, id: Id<T>) -> &mut T {
        &mut Arc::make_mut(&mut self.0)[id.index()]
    }
}
