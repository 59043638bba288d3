(component
  (core module
    (memory 16384)))
