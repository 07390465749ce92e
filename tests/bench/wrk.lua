-- What wrk saw, as one line of JSON.
function done(summary, latency)
   local errors = summary.errors
   print(string.format('{"requests":%d,"seconds":%f,"bytes":%d,"errors":%d,"p50_us":%d,"p99_us":%d}',
                       summary.requests, summary.duration / 1e6, summary.bytes,
                       errors.connect + errors.read + errors.write + errors.status + errors.timeout,
                       latency:percentile(50), latency:percentile(99)))
end
