//! Calls to the IdPs of customers.
