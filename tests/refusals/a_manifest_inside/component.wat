(component
  (core module
    (@custom "jorei:manifest" "x")))
