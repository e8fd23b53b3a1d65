;; Extremes and codes of a weight's channels, four values at a time. `node tests/wasm/assemble.mjs` writes weight-wasm.ts from this.
;; Memory: 8192 values (float32), where codes take the place of values that are done with; 16 bytes that may be read; two tables of
;; `span` bytes each, a float32 per channel. `end`: bytes of the values. `at`: bytes before the first value's channel in either table.
(module
  (memory (export "memory") 1)

  ;; Lowers the first table to the smallest values and raises the second to the largest: `run` bytes of each channel at a time, of
  ;; the first `left`. NaN is passed over.
  (func (export "blockExtremes") (param $end i32) (param $at i32) (param $span i32) (param $run i32) (param $left i32)
    (local $from i32) (local $stop i32) (local $high i32) (local $v v128) (local $min v128) (local $max v128)
    (loop $block
      (local.set $stop (i32.add (local.get $from) (local.get $left)))
      (if (i32.gt_u (local.get $stop) (local.get $end)) (then (local.set $stop (local.get $end))))
      (local.set $high (i32.add (local.get $at) (local.get $span)))
      (local.set $min (v128.load32_splat offset=32784 (local.get $at)))
      (local.set $max (v128.load32_splat offset=32784 (local.get $high)))
      (block $rest
        (loop $four
          (br_if $rest (i32.gt_u (i32.add (local.get $from) (i32.const 16)) (local.get $stop)))
          (local.set $v (v128.load (local.get $from)))
          (local.set $min (f32x4.pmin (local.get $min) (local.get $v)))
          (local.set $max (f32x4.pmax (local.get $max) (local.get $v)))
          (local.set $from (i32.add (local.get $from) (i32.const 16)))
          (br $four)))
      (block $done
        (loop $one
          (br_if $done (i32.ge_u (local.get $from) (local.get $stop)))
          (local.set $v (v128.load32_splat (local.get $from)))
          (local.set $min (f32x4.pmin (local.get $min) (local.get $v)))
          (local.set $max (f32x4.pmax (local.get $max) (local.get $v)))
          (local.set $from (i32.add (local.get $from) (i32.const 4)))
          (br $one)))
      (f32.store offset=32784 (local.get $at)
        (f32.min
          (f32.min (f32x4.extract_lane 0 (local.get $min)) (f32x4.extract_lane 1 (local.get $min)))
          (f32.min (f32x4.extract_lane 2 (local.get $min)) (f32x4.extract_lane 3 (local.get $min)))))
      (f32.store offset=32784 (local.get $high)
        (f32.max
          (f32.max (f32x4.extract_lane 0 (local.get $max)) (f32x4.extract_lane 1 (local.get $max)))
          (f32.max (f32x4.extract_lane 2 (local.get $max)) (f32x4.extract_lane 3 (local.get $max)))))
      (local.set $left (local.get $run))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (if (i32.eq (local.get $at) (local.get $span)) (then (local.set $at (i32.const 0))))
      (br_if $block (i32.lt_u (local.get $from) (local.get $end)))))

  ;; The same where neighbours belong to neighbouring channels, which begin anew every `period` bytes of tables that go on 12 bytes
  ;; behind it, four at a time.
  (func (export "rowExtremes") (param $end i32) (param $at i32) (param $span i32) (param $period i32)
    (local $from i32) (local $high i32) (local $v v128)
    (loop $four
      (local.set $v (v128.load (local.get $from)))
      (local.set $high (i32.add (local.get $at) (local.get $span)))
      (v128.store offset=32784 (local.get $at)
        (f32x4.pmin (v128.load offset=32784 (local.get $at)) (local.get $v)))
      (v128.store offset=32784 (local.get $high)
        (f32x4.pmax (v128.load offset=32784 (local.get $high)) (local.get $v)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (if (i32.ge_u (local.get $at) (local.get $period))
        (then (local.set $at (i32.sub (local.get $at) (local.get $period)))))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $four (i32.lt_u (local.get $from) (local.get $end)))))

  ;; Codes from 0 on, one byte each: a value by its channel's scale (first table), rounded half to even, plus its zero point (second
  ;; table), at least `lowest` and at most `highest`; NaN becomes 0. What is written past a block the next one writes over.
  (func (export "blockCodes") (param $end i32) (param $at i32) (param $span i32) (param $run i32) (param $left i32)
    (param $lowest f32) (param $highest f32)
    (local $from i32) (local $stop i32) (local $scale v128) (local $zero v128) (local $least v128) (local $most v128)
    (local.set $least (f32x4.splat (local.get $lowest)))
    (local.set $most (f32x4.splat (local.get $highest)))
    (loop $block
      (local.set $stop (i32.add (local.get $from) (local.get $left)))
      (if (i32.gt_u (local.get $stop) (local.get $end)) (then (local.set $stop (local.get $end))))
      (local.set $scale (v128.load32_splat offset=32784 (local.get $at)))
      (local.set $zero (v128.load32_splat offset=32784 (i32.add (local.get $at) (local.get $span))))
      (loop $four
        (v128.store32_lane 0
          (i32.shr_u (local.get $from) (i32.const 2))
          (i8x16.shuffle 0 4 8 12 0 4 8 12 0 4 8 12 0 4 8 12
            (i32x4.trunc_sat_f32x4_s
              (f32x4.pmin
                (f32x4.pmax
                  (f32x4.add
                    (f32x4.nearest (f32x4.div (v128.load (local.get $from)) (local.get $scale)))
                    (local.get $zero))
                  (local.get $least))
                (local.get $most)))
            (local.get $zero)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br_if $four (i32.lt_u (local.get $from) (local.get $stop))))
      (local.set $from (local.get $stop))
      (local.set $left (local.get $run))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (if (i32.eq (local.get $at) (local.get $span)) (then (local.set $at (i32.const 0))))
      (br_if $block (i32.lt_u (local.get $from) (local.get $end)))))

  ;; The same where neighbours belong to neighbouring channels, in tables like those of rowExtremes.
  (func (export "rowCodes") (param $end i32) (param $at i32) (param $span i32) (param $period i32)
    (param $lowest f32) (param $highest f32)
    (local $from i32) (local $zero v128) (local $least v128) (local $most v128)
    (local.set $least (f32x4.splat (local.get $lowest)))
    (local.set $most (f32x4.splat (local.get $highest)))
    (loop $four
      (local.set $zero (v128.load offset=32784 (i32.add (local.get $at) (local.get $span))))
      (v128.store32_lane 0
        (i32.shr_u (local.get $from) (i32.const 2))
        (i8x16.shuffle 0 4 8 12 0 4 8 12 0 4 8 12 0 4 8 12
          (i32x4.trunc_sat_f32x4_s
            (f32x4.pmin
              (f32x4.pmax
                (f32x4.add
                  (f32x4.nearest
                    (f32x4.div (v128.load (local.get $from)) (v128.load offset=32784 (local.get $at))))
                  (local.get $zero))
                (local.get $least))
              (local.get $most)))
          (local.get $zero)))
      (local.set $at (i32.add (local.get $at) (i32.const 16)))
      (if (i32.ge_u (local.get $at) (local.get $period))
        (then (local.set $at (i32.sub (local.get $at) (local.get $period)))))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (br_if $four (i32.lt_u (local.get $from) (local.get $end))))))
