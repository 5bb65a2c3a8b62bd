"""What is asked, in the language of each. A question has one of three forms: (path, query) for Sentinel, SQL for plain
rows, (path, query) for VictoriaMetrics."""
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Question:
    title: str
    sentinel: tuple
    plain: str
    victoria: tuple


def text(time):
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def last_bucket_ms(end):
    """A range of PromQL holds its end, one of Sentinel does not."""
    return (end - timedelta(milliseconds=1)).timestamp()


def metrics(start, end, step, wanted, **more):
    return "/api/v1/metrics", {"metric": wanted, "start": text(start), "end": text(end), "step": step, **more}


def where(start, end, agent_id=None):
    return (f"FROM record WHERE {f'''agent_id = '{agent_id}' AND ''' if agent_id else ''}"
            f"ts >= '{text(start)}' AND ts < '{text(end)}'")


def over_range(start, end, step, **series):
    """Several series in one request."""
    union = ", ".join(f'label_set({promql}, "metric", "{name}")' for name, promql in series.items())
    return "/api/v1/query_range", {"query": f"union({union})", "start": (start + step).timestamp() - 0.001,
                                   "end": last_bucket_ms(end), "step": int(step.total_seconds())}


def at_once(promql, end):
    return "/api/v1/query", {"query": promql, "time": last_bucket_ms(end)}


BUCKET = ("avg(latency_us) / 1e3, sum(cost_nanos) / 1e9, sum(request_count), "
          "percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_us) / 1e3")
FLEET = ["requests:sum", "latency_ms:p95", "cost_usd:sum"]
FLEET_BUCKET = ("sum(request_count), percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_us) / 1e3, sum(cost_nanos) / 1e9")


def fleet(title, end, length, step, name, step_text):
    start, window = end - length, f"[{step_text}]"
    bucket = f"date_bin('{name}', ts, timestamptz 'epoch')"
    return [
        Question(f"fleet, {title}, one line", metrics(start, end, step_text, FLEET, group_by="none"),
                 f"SELECT {bucket}, {FLEET_BUCKET} {where(start, end)} GROUP BY 1 ORDER BY 1",
                 over_range(start, end, step,
                            requests=f"sum(sum_over_time(record_requests{window}))",
                            p95=f"histogram_quantile(0.95, sum(histogram_over_time(record_latency_ms{window})) by (vmrange))",
                            cost=f"sum(sum_over_time(record_cost_usd{window}))")),
        Question(f"fleet, {title}, a line for each of 20 agents", metrics(start, end, step_text, FLEET, top="20"),
                 f"WITH t AS (SELECT agent_id {where(start, end)} GROUP BY 1 ORDER BY sum(request_count) DESC NULLS LAST LIMIT 20) "
                 f"SELECT t.agent_id, {bucket}, {FLEET_BUCKET} FROM record LEFT JOIN t USING (agent_id) "
                 f"WHERE ts >= '{text(start)}' AND ts < '{text(end)}' GROUP BY 1, 2 ORDER BY 1, 2",
                 over_range(start, end, step,
                            requests=f'topk_avg(20, sum_over_time(record_requests{window}), "agent=others")',
                            p95=f"topk_avg(20, quantile_over_time(0.95, record_latency_ms{window}))",
                            cost=f'topk_avg(20, sum_over_time(record_cost_usd{window}), "agent=others")'))]


def questions(agent, agent_id, end, days):
    """Of a data set that ends before `end`, a whole minute."""
    start, day_ago = end - days * DAY, end - DAY
    series = f'{{agent="{agent.replace(" ", "_")}"}}'
    hours_end = end.replace(minute=0, second=0)
    hours_start = hours_end - days * DAY + HOUR  # not a moment before the history
    range_text = f"[{days}d]"
    asked = {
        "hours": Question(
            f"one agent, {days} days by hour: latency avg and p95, cost, requests",
            metrics(hours_start, hours_end, "1h", ["latency_ms:avg", "cost_usd:sum", "requests:sum", "latency_ms:p95"],
                    agent=agent),
            f"SELECT date_trunc('hour', ts), {BUCKET} {where(hours_start, hours_end, agent_id)} GROUP BY 1 ORDER BY 1",
            over_range(hours_start, hours_end, HOUR, avg=f"avg_over_time(record_latency_ms{series}[1h])",
                       cost=f"sum_over_time(record_cost_usd{series}[1h])",
                       requests=f"sum_over_time(record_requests{series}[1h])",
                       p95=f"quantile_over_time(0.95, record_latency_ms{series}[1h])")),
        "p95": Question(
            f"p95 of latency per agent over {days} days",
            metrics(start, end, f"{days}d", ["latency_ms:p95"]),
            f"SELECT agent_id, percentile_cont(0.95) WITHIN GROUP (ORDER BY latency_us) / 1e3 {where(start, end)} GROUP BY 1",
            at_once(f"quantile_over_time(0.95, record_latency_ms{range_text})", end)),
        "cost": Question(
            f"cost per agent over {days} days",
            ("/api/v1/costs", {"start": text(hours_start), "end": text(end), "group_by": "agent"}),
            f"SELECT agent_id, sum(cost_nanos) / 1e9 {where(hours_start, end)} GROUP BY 1 ORDER BY 2 DESC",
            at_once(f"sum_over_time(record_cost_usd[{int((end - hours_start).total_seconds())}s])", end)),
        "raw": Question(
            "one agent, 24 h of raw records, all fields",
            metrics(day_ago, end, "raw", [], agent=agent, limit="10000"),
            f"SELECT * {where(day_ago, end, agent_id)} ORDER BY ts",
            ("/api/v1/export", {"match[]": series, "start": day_ago.timestamp(), "end": last_bucket_ms(end)})),
    }
    hour = fleet("last hour by minute", end, HOUR, timedelta(minutes=1), "1 minute", "1m")
    day = fleet("last day by 5 minutes", end, DAY, timedelta(minutes=5), "5 minutes", "5m")
    asked.update(zip(("fleet_hour", "fleet_hour_lines", "fleet_day", "fleet_day_lines"), [*hour, *day]))
    return asked


def parse_time(value):
    return datetime.fromisoformat(value.replace("Z", "+00:00"))
