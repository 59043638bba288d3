(func $misbehave (result i32)
  {300000 x block } {300000 x end }
  unreachable)
