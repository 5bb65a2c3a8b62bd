// Generated from contracts/db-api.openapi.yaml by `npm run generate`. Change the contract, not this file.

export interface paths {
    "/api/v1/agents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every agent with its status and newest values, and the totals of the fleet */
        get: operations["listAgents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One agent */
        get: operations["getAgent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/{id}/revisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Describe and label an agent
         * @description What the body leaves out stays as it is, and so do labels that it does not name: two who label an agent at the same
         *     time lose nothing. The old revision stays in the database.
         */
        post: operations["reviseAgent"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/{id}/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened to one agent, newest first */
        get: operations["listAgentEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/agents/{id}/custom-metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which custom metrics an agent's records have
         * @description Of the records of the range; each can be asked for as `custom.` and its name. At most 1,000, by name.
         */
        get: operations["listCustomMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/rejections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was refused on the way in, and why; the newest first
         * @description Records, events and whole requests that metrics-api refused in the range, for as long as they are kept (30 days).
         *     What was refused for one reason of one agent and key is one entry with its count and one sentence as a sample;
         *     numbers and quoted texts make no difference. An agent that is not registered is found by the name that it sends,
         *     so a misconfigured one is too. Whole requests, and records without `agent_id`, name no agent: they are told apart
         *     by the key and the address that they come from, and `agent=` (empty) lists them alone. `key` is null where no known
         *     key was sent.
         *
         *     Counts are written every few seconds, at most 20 entries a second; a node keeps at most 1,000 entries apart in
         *     between, and what is more is counted under the code `other`. An answer of 5xx is no refusal and is not listed.
         */
        get: operations["listRejections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Time buckets of metrics, or raw records
         * @description With a step: one column of bucket starts and one column of values a series; a bucket without data is `null`,
         *     never 0. `step=auto` chooses the smallest step that gives at most 1,000 buckets. `step=raw` gives the records
         *     themselves, oldest first, by page, in the shape of `RawMetrics`.
         *
         *     `throughput_req_per_min` is what agents report, or, where they report none, requests counted over the bucket.
         *     Answers are exact up to now: sums of minutes, hours and days where the step allows, and records for what is not
         *     summed yet; `explain=true` tells which. Sums, counts, averages, least and greatest values are exact. Percentiles of
         *     `latency_ms` and `ttft_ms` with a step of whole minutes are within 1 %; with others, and of other metrics, they are
         *     computed from the records, exactly, as `last` is.
         *
         *     A cost that was corrected (`sentinel reprice`) has the difference in a raw record of kind `correction` beside it.
         *     It counts in sums and averages of `cost_usd` and nowhere else. `unpriced_records:sum` is how many requests used
         *     tokens that no price is known for; one that was priced later counts no more, and its `cost_source` is `computed`.
         *
         *     Buckets that were told before are told again as long as nothing was stored in them since, which the server asks the
         *     database each time: answers are the same, and sooner there. `explain=true` and `Cache-Control: no-cache` have all of
         *     it read.
         *
         *     A request may give at most 100,000 buckets in all.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The requests behind a point of a chart, the newest, slowest or dearest first
         * @description Requests alone, by page; samples and corrections are raw records (`GET /metrics?step=raw`). With `order=slowest`
         *     or `dearest` those without a latency, or a cost, are left out, and all requests of the range are read to find them.
         *     `cost_usd` is that of today: a request that was priced later, or anew (`sentinel reprice`), costs what its corrections
         *     say. Requests that nothing tells apart (the same agent, microsecond, model and host, no trace) share theirs equally.
         *     One request stands exactly once in the pages of one walk, as long as nothing is stored in between.
         */
        get: operations["listRequests"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/changes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What changed in a window, of which agents, the most striking first
         * @description Compares the mean of each metric within the window, from `start` to `end`, with its mean in the time before, four times
         *     as long. `score` is by how many of its usual deviations a metric moved: the standard deviation of its buckets
         *     before the window, and at least a twentieth of the greater mean. Both ends are taken down to a bucket's start;
         *     buckets are whole minutes. A metric that has no value in the window or before it
         *     is not told; of requests, costs and tokens no value is 0.
         */
        get: operations["getChanges"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/costs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was spent, by agent, model, provider or day; this month and where it is going; what has no price
         * @description Money is added as integers of a nano-dollar and given without rounding. A cost that was corrected
         *     (`sentinel reprice`) is the corrected one. `cost_usd` is null where nothing has a cost; requests without a price
         *     count in `unpriced_requests` and in no cost.
         *
         *     `group_by=model` tells models of the same name apart by their provider. Days and months are UTC. The dearest group
         *     comes first; more than 10,000 groups are refused.
         *
         *     `cache_saved_usd` is by the list prices of each day: tokens read from a cache times what input costs more than a read, less
         *     tokens written to it times what a write costs more than input (as kept for five minutes, without tiers). It is null where
         *     nothing was cached, or no price tells what that is worth; negative where more was written than was read again.
         *
         *     The forecast for the month is what was spent so far and, for the time that is left of it, the mean of the last
         *     seven whole days, or of as many as there were since the first cost of this month or the last. It is null
         *     before there was one.
         *
         *     What was told before of the whole hours of a range is told again as long as nothing was stored in them since;
         *     `Cache-Control: no-cache` has all of it read.
         */
        get: operations["getCosts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Every record of the filter, streamed
         * @description No row cap and no paging; the server streams with bounded memory. The columns are those of a raw record. All records
         *     are of one moment: those that were committed when the export began, each once, oldest first; records of exactly
         *     the same time come in an order that may be another one when they are asked for again. CSV is RFC 4180; a text that begins with `=`, `+`, `-`, `@`, a tab or a carriage
         *     return has a `'` in front, so that no spreadsheet runs it. csv, json and ndjson are packed with zstd or gzip for a client
         *     that accepts one. When the database fails on the way, the connection is cut without the last chunk (and without the end of
         *     the packing), and of JSON the closing bracket is missing too: such a transfer is not complete. When the client goes away, the
         *     server stops reading.
         *
         *     An xlsx has times as dates (UTC), numbers as numbers, all else as text, and no formulas; after 1,048,575 records it goes on in
         *     a further sheet; a text over 32,767 bytes ends with an ellipsis. It is written to disk before it is sent, with
         *     Content-Length: the answer begins when it is complete, or is `503` with `export_disk_full`.
         *
         *     `HEAD` gives the headers alone, and writes no spreadsheet.
         */
        get: operations["exportMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was committed, as it is committed (server-sent events)
         * @description Events: `committed` (data: `Committed`: which agents have new records and the time span they cover; ask
         *     `GET /api/v1/metrics` for that span), `agents` (data: an agent list without totals, of agents whose status or
         *     newest values changed), `ping` (every 5 s). The stream ends when the database cannot be read for some seconds. `id` is the position in the order of commits; a client that
         *     reconnects with `Last-Event-ID` misses nothing of the last ten minutes.
         */
        get: operations["streamLive"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/configuration": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The configuration in force, of the fleet and of each agent that has its own */
        get: operations["getConfiguration"];
        put?: never;
        /**
         * Write a new version
         * @description What the body leaves out stays as it is. Nothing is changed in place; the old version stays readable.
         */
        post: operations["postConfiguration"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What models cost, prices that were set here first
         * @description The price in force of each rule, and of those that were set here the ones to come too. A record is charged at the price
         *     of its own time: one that was set here wins over bundled ones, one for a provider over one for all, one for a single
         *     name over a rule for many, and otherwise the one that was set last.
         */
        get: operations["listPrices"];
        put?: never;
        /**
         * Set a price of one's own
         * @description Records without a cost that come from now on are charged at it, at their own time; every metrics-api knows it within
         *     five seconds. What came before stays as it is until `sentinel reprice --from now-30d` is run where the database is:
         *     it adds corrections, which db-api has no right to write (`--dry-run` says what it would do).
         */
        post: operations["setPrice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/prices/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * End the prices that were set here for a provider and a rule
         * @description All of them, whatever their time. Bundled prices hold again.
         */
        post: operations["withdrawPrice"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Keys of programs, the newest first; those that are in force no more too
         * @description A key itself is shown once, when it is made; neither it nor its hash is ever listed. When one was last used is not kept.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Make a key
         * @description The answer has the key in `token`, this once. A name that is in force already is refused with `key_exists`. Every
         *     metrics-api knows the key within two seconds.
         */
        post: operations["createKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/keys/{id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Refuse a key from now on
         * @description For good. Every metrics-api and db-api hears of it within two seconds; while its database is away one goes on with the keys it
         *     knew last. A key that is revoked already is refused with `key_revoked`.
         */
        post: operations["revokeKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** People by name; those who are disabled too */
        get: operations["listUsers"];
        put?: never;
        /**
         * Make a user
         * @description With a password, or without: then the answer has a one-time sign-in link in `link`, good for an hour, this once. A name
         *     that is taken is refused with `user_exists`.
         */
        post: operations["createUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/users/{id}/revisions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Give a user another role, disable or enable them
         * @description What the body leaves out stays as it is. Who is disabled signs in no more, and their sessions end within two seconds.
         *     Nobody can disable themselves or lower their own role (`user_is_you`), so an admin remains.
         */
        post: operations["reviseUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-in": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open a session with a password or a one-time link
         * @description Sets the cookie `sentinel_session` (HttpOnly, SameSite=Strict). The first link makes the first admin.
         */
        post: operations["signIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sign-out": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** End this session */
        post: operations["signOut"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who is signed in */
        get: operations["getMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Set my password */
        post: operations["setPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/views": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** My saved views */
        get: operations["listViews"];
        put?: never;
        /** Save a view (or replace the one of that name) */
        post: operations["saveView"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/me/preferences": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** How I like the dashboard */
        get: operations["getPreferences"];
        put?: never;
        /**
         * Set preferences of mine
         * @description What the body leaves out stays as it is; null takes one back.
         */
        post: operations["setPreferences"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/system": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How Sentinel itself is doing
         * @description What the database knows of all parts, and what this db-api knows of itself. Where metrics-api is another process its own
         *     figures are at its `/metrics`. A pass of sums or a sealing that fails is in the log of the worker; here it shows as
         *     `waiting_s` that grows: of sums beyond two minutes, of sealing beyond a day.
         */
        get: operations["getSystem"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether this service can do its work */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @enum {string} */
        Status: "up" | "late" | "down" | "stopped" | "error" | "never";
        /** @description The newest value of each metric that is not older than five minutes (or five intervals); null is "not measured" */
        Latest: {
            latency_ms: number | null;
            /** @description Reported */
            throughput_req_per_min: number | null;
            /** @description Cost of the newest request */
            cost_usd: number | null;
            cpu_usage_percent: number | null;
            gpu_usage_percent: number | null;
            memory_usage_mb: number | null;
            gpu_memory_usage_mb: number | null;
        };
        /** @description Since midnight UTC */
        Today: {
            requests: number;
            errors: number;
            cost_usd: number | null;
        };
        Agent: {
            /** Format: uuid */
            agent_id: string;
            name: string;
            description: string;
            labels: {
                [key: string]: string;
            };
            /** @description The agent that it works for, as its spans say; null of one that works for none */
            parent: {
                /** Format: uuid */
                agent_id: string;
                name: string;
            } | null;
            /** Format: date-time */
            created_at: string;
            status: components["schemas"]["Status"];
            /**
             * Format: date-time
             * @description When this status began
             */
            since: string | null;
            /** @description Why */
            reason: string;
            /** Format: date-time */
            last_seen: string | null;
            /** @description The interval that its status is judged by */
            interval_s: number;
            host: string | null;
            latest: components["schemas"]["Latest"];
            today: components["schemas"]["Today"];
        };
        AgentChange: {
            description?: string | null;
            /** @description By name (at most 100 characters); null takes one away. An agent has at most 64 */
            labels?: {
                [key: string]: string | null;
            } | null;
        };
        AgentRevision: {
            revision: number;
            /** Format: uuid */
            agent_id: string;
            agent: string;
            description: string;
            labels: {
                [key: string]: string;
            };
            /** Format: date-time */
            created_at: string;
            created_by: string;
        };
        Totals: {
            agents: number;
            up: number;
            late: number;
            down: number;
            stopped: number;
            error: number;
            never: number;
            requests_today: number;
            errors_today: number;
            cost_today_usd: number | null;
            throughput_req_per_min: number | null;
            /** @description Mean over the agents that report it now; agents named host:… count only where there are no others */
            cpu_usage_percent: number | null;
            /** @description Sum over the same agents */
            memory_usage_mb: number | null;
            /** @description Mean over GPUs that are reported now */
            gpu_usage_percent: number | null;
            gpu_memory_usage_mb: number | null;
            gpu_count: number;
        };
        AgentList: {
            agents: components["schemas"]["Agent"][];
            totals: components["schemas"]["Totals"];
            next_cursor: string | null;
            /** Format: date-time */
            server_time: string;
        };
        Event: {
            event_id: string;
            /** Format: uuid */
            agent_id: string;
            /** @enum {string} */
            type: "started" | "stopped" | "error" | "restarted" | "down" | "back" | "deployed" | "annotation";
            /** Format: date-time */
            timestamp: string;
            message: string;
            attributes: {
                [key: string]: string | number | boolean;
            };
        };
        EventList: {
            events: components["schemas"]["Event"][];
            next_cursor: string | null;
        };
        CustomMetricNames: {
            names: string[];
        };
        Rejection: {
            /** @description As sent; empty where none was named */
            agent: string;
            /**
             * Format: uuid
             * @description null while no such agent is registered
             */
            agent_id: string | null;
            /** @description Name of the key */
            key: string | null;
            /** @description Where the newest of them came from */
            address: string;
            /** @enum {string} */
            subject: "record" | "event" | "request";
            /**
             * @description Stable; for programs
             * @example record_invalid
             * @example key_unknown
             */
            code: string;
            /** @description Empty where it is not about one field */
            field: string;
            /**
             * @description The sentence of the newest of them
             * @example cpu_usage_percent 130 is over 100
             */
            reason: string;
            count: number;
            /** Format: date-time */
            first: string;
            /** Format: date-time */
            last: string;
        };
        RejectionList: {
            rejections: components["schemas"]["Rejection"][];
            next_cursor: string | null;
        };
        MetricBuckets: {
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            step_s: number;
            /**
             * Format: date-time
             * @description With `compare=previous`. What the first value of `previous` begins with
             */
            previous_start?: string;
            /** @description With `explain=true`. The parts of the range and what each is read from, for the first metric */
            plan?: {
                /**
                 * @description Sums of agents, of the fleet (all agents together), or records
                 * @enum {string}
                 */
                from: "day" | "hour" | "minute" | "fleet_day" | "fleet_hour" | "fleet_minute" | "records";
                /** Format: date-time */
                start: string;
                /** Format: date-time */
                end: string;
            }[];
            /** @description Bucket starts */
            times: number[];
            series: {
                /** @description null when not grouped by agent */
                agent_id: string | null;
                agent: string | null;
                /** @description When grouped by model, provider, host or label: its value; null of records that have none */
                group?: string | null;
                /** @description True where all groups beyond `top` are told as one */
                other?: boolean;
                /** @example latency_ms:p95 */
                metric: string;
                /**
                 * @description Empty for custom metrics
                 * @enum {string}
                 */
                unit: "ms" | "req/min" | "USD" | "%" | "MB" | "tokens" | "count" | "";
                /** @description One a bucket */
                values: (number | null)[];
                /** @description With `compare=previous`. One a bucket */
                previous?: (number | null)[];
            }[];
        };
        Changes: {
            window: components["schemas"]["TimeRange"];
            before: components["schemas"]["TimeRange"];
            /** @description Length of the buckets that were compared */
            step_s: number;
            changes: {
                /** Format: uuid */
                agent_id: string;
                agent: string;
                /** @example memory_usage_mb:avg */
                metric: string;
                unit: string;
                /** @description Mean of the buckets before the window */
                before: number;
                /** @description Mean of the buckets within */
                during: number;
                /** @description null where it was 0 before */
                change_percent: number | null;
                /** @description Below 0 where it fell */
                score: number;
            }[];
        };
        TimeRange: {
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
        };
        CostFigures: {
            cost_usd: number | null;
            requests: number;
            /** @description Those whose cost is known */
            priced_requests: number;
            unpriced_requests: number;
            /** @description Over those whose cost is known */
            cost_per_request_usd: number | null;
            /** @description What cached tokens would have cost more as input, less what it cost to write them */
            cache_saved_usd: number | null;
            input_tokens: number;
            output_tokens: number;
            cache_read_tokens: number;
            cache_write_tokens: number;
            reasoning_tokens: number;
        };
        /** @description What it is not grouped by is null */
        CostGroup: {
            /** Format: uuid */
            agent_id: string | null;
            agent: string | null;
            /** @description Empty where the records name none */
            provider: string | null;
            /** @description Empty where the records name none */
            model: string | null;
            /** Format: date */
            day: string | null;
            cost_usd: number | null;
            requests: number;
            /** @description Those whose cost is known */
            priced_requests: number;
            unpriced_requests: number;
            /** @description Over those whose cost is known */
            cost_per_request_usd: number | null;
            /** @description What cached tokens would have cost more as input, less what it cost to write them */
            cache_saved_usd: number | null;
            input_tokens: number;
            output_tokens: number;
            cache_read_tokens: number;
            cache_write_tokens: number;
            reasoning_tokens: number;
        };
        Costs: {
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            total: components["schemas"]["CostFigures"];
            groups: components["schemas"]["CostGroup"][];
            /** @description The month that is, whatever the range, of the same agents */
            month: {
                /** Format: date */
                start: string;
                /** @description So far */
                cost_usd: number;
                /** @description The whole month before */
                previous_cost_usd: number;
                forecast_usd: number | null;
                /** @description Of how many whole days it is the mean */
                forecast_days: number;
            };
            /** @description Usage in the range that no price is known for, the most tokens first */
            unpriced: {
                provider: string;
                model: string;
                requests: number;
                input_tokens: number;
                output_tokens: number;
            }[];
        };
        RawMetrics: {
            columns: string[];
            rows: unknown[][];
            next_cursor: string | null;
        };
        Committed: {
            agents: string[];
            /** Format: date-time */
            start: string;
            /**
             * Format: date-time
             * @description Inclusive
             */
            end: string;
            records: number;
        };
        AgentChanges: {
            agents: components["schemas"]["Agent"][];
            /** Format: date-time */
            server_time: string;
        };
        Ping: {
            /** Format: date-time */
            server_time: string;
        };
        Threshold: {
            warn: number | null;
            critical: number | null;
        };
        Configuration: {
            /** @description null is the fleet's configuration */
            agent_id: string | null;
            agent: string | null;
            version: number;
            enabled: boolean;
            interval_s: number;
            /** @description How long records are kept, at least: they leave by the generation in which they came, and the longest of all agents counts. Sums stay for years */
            retention_days: number;
            /** @description By metric name */
            thresholds: {
                [key: string]: components["schemas"]["Threshold"];
            };
            /** Format: date-time */
            created_at: string;
            created_by: string;
        };
        ConfigurationChange: {
            /** @description Name or id; null or absent changes the fleet's */
            agent?: string | null;
            enabled?: boolean;
            interval_s?: number;
            /** @description How long records are kept, at least: they leave by the generation in which they came, and the longest of all agents counts. Sums stay for years */
            retention_days?: number;
            thresholds?: {
                [key: string]: components["schemas"]["Threshold"];
            };
        };
        ConfigurationList: {
            configurations: components["schemas"]["Configuration"][];
        };
        /** @description USD per million tokens, exactly, from 0 (free) to 1000000; null is no such price */
        UsdPerMillion: string | null;
        Rates: {
            input: components["schemas"]["UsdPerMillion"];
            output: components["schemas"]["UsdPerMillion"];
            cache_read: components["schemas"]["UsdPerMillion"];
            cache_write: components["schemas"]["UsdPerMillion"];
            cache_write_1h: components["schemas"]["UsdPerMillion"];
            reasoning: components["schemas"]["UsdPerMillion"];
            input_audio: components["schemas"]["UsdPerMillion"];
            /** @description USD per million requests, on top of their tokens */
            requests: string | null;
        };
        Price: {
            /** @description Empty is whoever sells it */
            provider: string;
            /** @description For people */
            model: string;
            /** @description The rule for names of models */
            match: Record<string, never>;
            /**
             * Format: date-time
             * @description null is ever since
             */
            from: string | null;
            /** @description False of one to come */
            in_force: boolean;
            /** @enum {string} */
            source: "user" | "bundled";
            /** @description Of the bundled list, or `user-` and the number of one that was set here */
            version: string;
            /** @description Seconds of the day (UTC) between which it holds */
            hours: {
                from_s: number;
                until_s: number;
            } | null;
            usd_per_million: components["schemas"]["Rates"];
            /** @description What the whole request costs with more input than so many tokens */
            tiers: {
                above_tokens: number;
                input: components["schemas"]["UsdPerMillion"];
                output: components["schemas"]["UsdPerMillion"];
                cache_read: components["schemas"]["UsdPerMillion"];
                cache_write: components["schemas"]["UsdPerMillion"];
                cache_write_1h: components["schemas"]["UsdPerMillion"];
                reasoning: components["schemas"]["UsdPerMillion"];
                input_audio: components["schemas"]["UsdPerMillion"];
                /** @description USD per million requests, on top of their tokens */
                requests: string | null;
            }[];
        };
        PriceList: {
            prices: components["schemas"]["Price"][];
            /** @description Of the bundled prices */
            version: string;
            /** Format: date */
            published: string;
            next_cursor: string | null;
        };
        /** @description Either model or match */
        PriceRule: {
            /** @description Id of who sells it; whoever does where absent */
            provider?: string | null;
            /** @description Its name, as agents send it */
            model?: string | null;
            /** @description Or a rule for names, such as {"starts_with": "llama-"}: equals, starts_with, ends_with, contains, regex (RE2) with a text; and, or with an array of rules; not with a rule. At most 200 characters */
            match?: Record<string, never> | null;
        };
        /** @description Either model or match, and input or output at least */
        NewPrice: {
            /** @description Id of who sells it; whoever does where absent */
            provider?: string | null;
            /** @description Its name, as agents send it */
            model?: string | null;
            /** @description Or a rule for names, such as {"starts_with": "llama-"}: equals, starts_with, ends_with, contains, regex (RE2) with a text; and, or with an array of rules; not with a rule. At most 200 characters */
            match?: Record<string, never> | null;
            /** @description From when on, RFC 3339 or `now-7d`; ever since where absent */
            from?: string | null;
            input?: components["schemas"]["UsdPerMillion"];
            output?: components["schemas"]["UsdPerMillion"];
            cache_read?: components["schemas"]["UsdPerMillion"];
            cache_write?: components["schemas"]["UsdPerMillion"];
            cache_write_1h?: components["schemas"]["UsdPerMillion"];
            reasoning?: components["schemas"]["UsdPerMillion"];
        };
        /**
         * @description `ingest` writes records, `read` reads as a viewer does, `admin` may do all of it
         * @enum {string}
         */
        KeyScope: "ingest" | "read" | "admin";
        Key: {
            /** Format: uuid */
            key_id: string;
            name: string;
            scope: components["schemas"]["KeyScope"];
            /** @description Names of those it may write for; empty is all */
            agents: string[];
            /** @description 0 is any number; null is what each node says */
            records_per_second: number | null;
            /** @enum {string} */
            state: "active" | "expired" | "revoked";
            /** Format: date-time */
            created_at: string;
            /** @description Name of the user or key */
            created_by: string;
            /** Format: date-time */
            expires_at: string | null;
            /** Format: date-time */
            revoked_at: string | null;
            revoked_by: string | null;
        };
        CreatedKey: {
            /** Format: uuid */
            key_id: string;
            name: string;
            scope: components["schemas"]["KeyScope"];
            /** @description Names of those it may write for; empty is all */
            agents: string[];
            /** @description 0 is any number; null is what each node says */
            records_per_second: number | null;
            /** @enum {string} */
            state: "active" | "expired" | "revoked";
            /** Format: date-time */
            created_at: string;
            /** @description Name of the user or key */
            created_by: string;
            /** Format: date-time */
            expires_at: string | null;
            /** Format: date-time */
            revoked_at: string | null;
            revoked_by: string | null;
            /** @description The key, to be kept now: it is not shown again */
            token: string;
        };
        NewKey: {
            name: string;
            scope: components["schemas"]["KeyScope"];
            /** @description Names of the agents that a key of scope ingest may write for; all where empty or absent */
            agents?: string[];
            /** @description Of scope ingest: what each node takes with it; 0 is any number; what the node says where absent */
            records_per_second?: number | null;
            /** @description RFC 3339 or `now+30d`, in the future; never where absent */
            expires_at?: string | null;
        };
        KeyList: {
            keys: components["schemas"]["Key"][];
            next_cursor: string | null;
        };
        /** @enum {string} */
        Role: "viewer" | "editor" | "admin";
        User: {
            /** Format: uuid */
            user_id: string;
            name: string;
            role: components["schemas"]["Role"];
            enabled: boolean;
            /** @description Without one a link alone lets them in */
            has_password: boolean;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description The last time
             */
            signed_in_at: string | null;
        };
        CreatedUser: {
            /** Format: uuid */
            user_id: string;
            name: string;
            role: components["schemas"]["Role"];
            enabled: boolean;
            /** @description Without one a link alone lets them in */
            has_password: boolean;
            /** Format: date-time */
            created_at: string;
            /**
             * Format: date-time
             * @description The last time
             */
            signed_in_at: string | null;
            /** @description Token of the link `/sign-in#link=…`; null of who has a password */
            link: string | null;
        };
        NewUser: {
            name: string;
            role: components["schemas"]["Role"];
            password?: string | null;
        };
        UserChange: {
            role?: components["schemas"]["Role"];
            enabled?: boolean;
        };
        UserList: {
            users: components["schemas"]["User"][];
            next_cursor: string | null;
        };
        Me: {
            name: string;
            /** @enum {string} */
            role: "viewer" | "editor" | "admin";
            has_password: boolean;
            /** @description The data on screen is made up */
            demo: boolean;
            version: string;
        };
        View: {
            name: string;
            /** @description The page, such as `/` */
            path: string;
            /** @description The page's state as a query string */
            query: string;
        };
        ViewList: {
            views: components["schemas"]["View"][];
        };
        /** @enum {string|null} */
        Theme: "system" | "light" | "dark" | null;
        /** @description null is not set */
        Preferences: {
            theme: components["schemas"]["Theme"];
            /**
             * @description `browser`, or a name of the IANA database, such as Europe/Berlin
             * @example Europe/Berlin
             */
            time_zone: string | null;
            /**
             * @description What pages show first
             * @example now-6h
             * @example now-1d/d
             */
            range: string | null;
        };
        PreferenceChange: {
            theme?: components["schemas"]["Theme"];
            /**
             * @description `browser`, or a name of the IANA database, such as Europe/Berlin
             * @example Europe/Berlin
             */
            time_zone?: string | null;
            /**
             * @description What pages show first
             * @example now-6h
             * @example now-1d/d
             */
            range?: string | null;
        };
        System: {
            /** @description Of this db-api */
            version: string;
            /**
             * Format: date-time
             * @description When this db-api did
             */
            started_at: string;
            /** Format: date-time */
            server_time: string;
            database: {
                /** @description Of PostgreSQL */
                version: string;
                /** @description Number of the newest migration */
                schema: number;
                /** @description What the database takes */
                bytes: number;
                /** @description How fast it grew over the last seven days, below 0 where it shrank; null before it was measured for a day */
                bytes_per_day: number | null;
                /**
                 * Format: date-time
                 * @description Of those seven days
                 */
                measured_since: string | null;
                /** @description Under the folder of the embedded database; null of any other */
                disk: {
                    total_bytes: number;
                    free_bytes: number;
                    /** @description Until it is full, at `bytes_per_day`; null where the database does not grow */
                    days_left: number | null;
                } | null;
            };
            ingest: {
                /** @description Mean of the last five minutes */
                records_per_minute: number;
                /** Format: date-time */
                newest_commit_at: string | null;
                /** @description metrics-api since its start, where it is this same process; null where it is another */
                process: {
                    records: number;
                    commits: number;
                    /** @description Mean time of a commit */
                    commit_ms: number | null;
                    /** @description What waits to be committed */
                    queue_bytes: number;
                    /** @description Requests given up without an outcome */
                    failures: number;
                    /** @description What waits on disk for the database; null without a spool */
                    spool: {
                        batches: number;
                        bytes: number;
                        limit_bytes: number;
                        database_away: boolean;
                        /** @description Records and requests that the database refused for good, in refused.ndjson */
                        set_aside: number;
                    } | null;
                } | null;
            };
            sums: {
                /**
                 * Format: date-time
                 * @description The newest pass; there is none while nothing comes
                 */
                minutes_at: string | null;
                /** Format: date-time */
                hours_at: string | null;
                /** Format: date-time */
                days_at: string | null;
                /** @description Commits that no pass has counted; answers read their records instead */
                waiting_batches: number;
                /** @description How long the first of them has waited */
                waiting_s: number | null;
            };
            sealing: {
                newest: {
                    generation: number;
                    records: number;
                    /** Format: date-time */
                    sealed_at: string;
                } | null;
                /** @description Generations that take records */
                open: number;
                /** @description Those that are over and not sealed yet; they wait for six hours at least */
                waiting: number;
                /** @description How long the first of them has waited */
                waiting_s: number | null;
            };
            /** @description What was refused on the way in, the most frequent first; `GET /api/v1/rejections` tells each */
            rejections_24h: {
                code: string;
                count: number;
            }[];
            /** @description What this db-api took longest for in the last hour, the slowest first; streams and exports are not among it */
            slow_requests: {
                /** Format: date-time */
                at: string;
                /** @example GET /api/v1/metrics */
                route: string;
                /** @description As it was asked */
                query: string;
                status: number;
                duration_ms: number;
            }[];
            /** @description Open live streams of this db-api */
            streams: number;
            /** @description People's sessions that are alive */
            sessions: number;
        };
        Health: {
            /** @enum {string} */
            status: "ok" | "failing";
            service: string;
            version: string;
            database: {
                /** @enum {string} */
                status: "ok" | "failing";
                latency_ms?: number;
                detail?: string;
            };
            /** @description The data on screen is made up. Absent where the database did not say */
            demo?: boolean;
        };
        /** @description RFC 9457 */
        Problem: {
            type: string;
            title: string;
            status: number;
            code: string;
            detail: string;
        };
    };
    responses: {
        /** @description The request was refused; the body says why */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Not now; ask again after `Retry-After` seconds */
        Busy: {
            headers: {
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description Name or id; repeat it for several; all agents where absent */
        agent: string[];
        /** @description Id or name (percent-encoded) */
        agentId: string;
        /** @description RFC 3339 or `now-6h` */
        start: string;
        /** @description Exclusive; RFC 3339 or `now` */
        end: string;
        /** @description `no-cache`: nothing of an answer before is told again */
        anew: string;
        /** @description `next_cursor` of the page before */
        cursor: string;
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listAgents: {
        parameters: {
            query?: {
                /** @description Name or id; repeat it for several; all agents where absent */
                agent?: components["parameters"]["agent"];
                /** @description Only the agents that work for this one, by name or id; empty for those that work for none */
                parent?: string;
                status?: components["schemas"]["Status"][];
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The agents by name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentList"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    getAgent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or name (percent-encoded) */
                id: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The agent */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Agent"];
                };
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    reviseAgent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Id or name (percent-encoded) */
                id: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AgentChange"];
            };
        };
        responses: {
            /** @description The revision in force from now on */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AgentRevision"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    listAgentEvents: {
        parameters: {
            query?: {
                /** @description RFC 3339 or `now-6h` */
                start?: components["parameters"]["start"];
                /** @description Exclusive; RFC 3339 or `now` */
                end?: components["parameters"]["end"];
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path: {
                /** @description Id or name (percent-encoded) */
                id: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The events */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventList"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    listCustomMetrics: {
        parameters: {
            query?: {
                /** @description RFC 3339 or `now-6h` */
                start?: components["parameters"]["start"];
                /** @description Exclusive; RFC 3339 or `now` */
                end?: components["parameters"]["end"];
            };
            header?: never;
            path: {
                /** @description Id or name (percent-encoded) */
                id: components["parameters"]["agentId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Their names */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CustomMetricNames"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    listRejections: {
        parameters: {
            query?: {
                /** @description As the agent is sent, or its name or id; repeat it for several; all where absent; empty for those that name none */
                agent?: string[];
                /** @description RFC 3339 or `now-6h` */
                start?: components["parameters"]["start"];
                /** @description Exclusive; RFC 3339 or `now` */
                end?: components["parameters"]["end"];
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The refusals */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RejectionList"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    getMetrics: {
        parameters: {
            query?: {
                /** @description Name or id; repeat it for several; all agents where absent */
                agent?: components["parameters"]["agent"];
                /** @description `name:aggregate`; the aggregates are avg, min, max, sum, count, last, p50, p95, p99. A custom metric is `custom.` and its name, without a unit. Required unless `step=raw` */
                metric?: string[];
                /** @description RFC 3339 or `now-6h` */
                start?: components["parameters"]["start"];
                /** @description Exclusive; RFC 3339 or `now` */
                end?: components["parameters"]["end"];
                /** @description `auto`, `raw`, or a duration such as `10s`, `5m`, `1h` */
                step?: string;
                /** @description By what series are told apart: `agent`, `none`, `model`, `provider`, `host`, or `label:` and the name of a label of agents */
                group_by?: string;
                /** @description Only so many groups, those with the greatest value of the first metric over the range (of a percentile, its mean), the greatest first; all others together are one more series, with `other`; so are groups without a value of that metric */
                top?: number;
                /** @description `previous` adds the values of the time before, as long as the range, to each series */
                compare?: "none" | "previous";
                /** @description Adds `plan` */
                explain?: boolean;
                /** @description Rows of a raw page */
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["cursor"];
            };
            header?: {
                /** @description `no-cache`: nothing of an answer before is told again */
                "Cache-Control"?: components["parameters"]["anew"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Buckets, or raw records */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MetricBuckets"] | components["schemas"]["RawMetrics"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    listRequests: {
        parameters: {
            query?: {
                /** @description Name or id; repeat it for several; all agents where absent */
                agent?: components["parameters"]["agent"];
                /** @description RFC 3339 or `now-6h` */
                start?: components["parameters"]["start"];
                /** @description Exclusive; RFC 3339 or `now` */
                end?: components["parameters"]["end"];
                order?: "newest" | "oldest" | "slowest" | "dearest";
                /** @description Only those that failed */
                status?: "success" | "error";
                /** @description Only those of a model of this name */
                model?: string;
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Requests, columns by name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RawMetrics"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    getChanges: {
        parameters: {
            query?: {
                /** @description Name or id; repeat it for several; all agents where absent */
                agent?: components["parameters"]["agent"];
                /** @description RFC 3339 or `now-6h` */
                start?: components["parameters"]["start"];
                /** @description Exclusive; RFC 3339 or `now` */
                end?: components["parameters"]["end"];
                /** @description At most so many changes */
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Changes */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Changes"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    getCosts: {
        parameters: {
            query?: {
                /** @description Name or id; repeat it for several; all where absent */
                agent?: string[];
                /** @description RFC 3339 or `now-6h` */
                start?: components["parameters"]["start"];
                /** @description Exclusive; RFC 3339 or `now` */
                end?: components["parameters"]["end"];
                /** @description Repeat it for several, such as agent and day */
                group_by?: ("agent" | "model" | "provider" | "day")[];
            };
            header?: {
                /** @description `no-cache`: nothing of an answer before is told again */
                "Cache-Control"?: components["parameters"]["anew"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Costs */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Costs"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    exportMetrics: {
        parameters: {
            query?: {
                /** @description Name or id; repeat it for several; all agents where absent */
                agent?: components["parameters"]["agent"];
                /** @description Columns to keep; all where absent */
                column?: string[];
                /** @description RFC 3339 or `now-6h` */
                start?: components["parameters"]["start"];
                /** @description Exclusive; RFC 3339 or `now` */
                end?: components["parameters"]["end"];
                /** @description `json` is one array of objects, `ndjson` an object a line, `xlsx` a spreadsheet */
                format?: "csv" | "json" | "ndjson" | "xlsx";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The records, oldest first */
            200: {
                headers: {
                    /** @description How many records are to come, by the sums */
                    "Sentinel-Estimated-Rows"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                    "application/json": Record<string, never>[];
                    "application/x-ndjson": string;
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": string;
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    streamLive: {
        parameters: {
            query?: {
                /** @description Name or id; repeat it for several; all agents where absent */
                agent?: components["parameters"]["agent"];
            };
            header?: {
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A stream without end */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    getConfiguration: {
        parameters: {
            query?: {
                /** @description Only this agent's effective configuration */
                agent?: string;
                /** @description All versions instead of the newest */
                history?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The configurations */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConfigurationList"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    postConfiguration: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ConfigurationChange"];
            };
        };
        responses: {
            /** @description The version in force from now on */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Configuration"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    listPrices: {
        parameters: {
            query?: {
                /** @description Id of who sells it */
                provider?: string;
                /** @description A part of its name, or a name that the rule is for */
                model?: string;
                /** @description `user` gives those that were set here alone */
                source?: "all" | "user";
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The prices */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PriceList"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    setPrice: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPrice"];
            };
        };
        responses: {
            /** @description The price */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Price"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    withdrawPrice: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PriceRule"];
            };
        };
        responses: {
            /** @description Withdrawn */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    listKeys: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The keys */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyList"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    createKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewKey"];
            };
        };
        responses: {
            /** @description The key */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedKey"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The key, revoked */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Key"];
                };
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    listUsers: {
        parameters: {
            query?: {
                limit?: number;
                /** @description `next_cursor` of the page before */
                cursor?: components["parameters"]["cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The users */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["UserList"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    createUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewUser"];
            };
        };
        responses: {
            /** @description The user */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["CreatedUser"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    reviseUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserChange"];
            };
        };
        responses: {
            /** @description The user from now on */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            404: components["responses"]["Problem"];
            409: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                    password: string;
                } | {
                    /** @description The token of a printed link */
                    link: string;
                };
            };
        };
        responses: {
            /** @description Signed in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            429: components["responses"]["Busy"];
            503: components["responses"]["Busy"];
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Signed out */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Me"];
                };
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    setPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Required when a password is already set */
                    current?: string;
                    password: string;
                };
            };
        };
        responses: {
            /** @description Set */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            429: components["responses"]["Busy"];
            503: components["responses"]["Busy"];
        };
    };
    listViews: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The newest state of each view, by name */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ViewList"];
                };
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    saveView: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["View"];
            };
        };
        responses: {
            /** @description Saved */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["View"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    getPreferences: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The preferences */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preferences"];
                };
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    setPreferences: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PreferenceChange"];
            };
        };
        responses: {
            /** @description The preferences from now on */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Preferences"];
                };
            };
            400: components["responses"]["Problem"];
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    getSystem: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state of now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["System"];
                };
            };
            401: components["responses"]["Problem"];
            403: components["responses"]["Problem"];
            503: components["responses"]["Busy"];
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Working */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            /** @description Not working; the reason is in `database` */
            503: {
                headers: {
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
        };
    };
}
