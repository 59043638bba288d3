//! The HTTP service over the same use cases as the command line.
