// Compares what Sentinel has of model calls with the model server's own log.
import assert from 'node:assert/strict';

// Clocks of two processes measured one call: a millisecond is what rounding may differ by.
const ROUNDING_MS = 1;

/**
 * One record for each call, in their order. `took`, where given, is what the client's own stopwatch says of each, in
 * milliseconds; without it a record has no latency.
 */
export function compareCalls(records, calls, took) {
  const seen = records.map((record) => ({
    agent: record.agent,
    provider: record.provider,
    status: record.status,
    request_count: record.request_count,
    input: record.input_tokens,
    output: record.output_tokens,
    cached: record.cache_read_tokens,
    reasoning: record.reasoning_tokens,
    nanodollars: record.cost_usd === null ? null : Math.round(record.cost_usd * 1e9),
    cost_source: record.cost_source,
  }));
  assert.deepEqual(
    seen,
    calls.map((call) => ({
      agent: call.agent,
      provider: call.provider,
      status: call.status === 200 ? 'success' : 'error',
      request_count: 1,
      input: call.input ?? null,
      output: call.output ?? null,
      cached: call.cached ?? null,
      reasoning: call.reasoning ?? null,
      nanodollars: call.nanodollars ?? null,
      cost_source: call.nanodollars === undefined ? null : 'computed',
    })),
  );
  records.forEach((record, i) => {
    const call = calls[i];
    // A failed call has no answer that names a dated model.
    assert.ok(
      call.status === 200 ? record.model === call.model : call.model.startsWith(record.model),
      `model of call ${i}: ${record.model}`,
    );
    if (!took) {
      assert.equal(record.latency_ms, null);
      return;
    }
    assert.ok(
      record.latency_ms >= call.ms - ROUNDING_MS,
      `call ${i}: ${record.latency_ms} ms, the model server needed ${call.ms} ms`,
    );
    assert.ok(
      record.latency_ms <= took[i] + ROUNDING_MS,
      `call ${i}: ${record.latency_ms} ms, the client waited ${took[i]} ms`,
    );
  });
}
