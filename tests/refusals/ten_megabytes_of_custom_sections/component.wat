(component
  (@custom "ballast" "{10000000 x .}"))
