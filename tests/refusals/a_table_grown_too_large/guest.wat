(table $hoard 1 funcref)
(func $misbehave (result i32)
  (loop $more
    (br_if $more (i32.ge_s (table.grow $hoard (ref.null func) (i32.const 1000)) (i32.const 0))))
  unreachable)
