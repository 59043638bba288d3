(component
  (import "steal" (func)))
