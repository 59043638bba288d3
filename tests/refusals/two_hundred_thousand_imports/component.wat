(component
  (core module
    {200000 x (import "m" "#" (func)) }))
