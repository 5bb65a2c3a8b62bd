"""How long after its 201 a record is told on each of many open dashboards: one loop, which its own processor time must not fill."""
import asyncio
import json
import sys
import time
from datetime import datetime, timezone

PINGED_MAX_S = 30
ARRIVED_MAX_S = 5


async def read_head(reader):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    return int(head.split(" ", 2)[1]), head.lower()


class Dashboards:
    def __init__(self, port, read_key, ingest_key, agents):
        self.port, self.read_key, self.ingest_key = port, read_key, ingest_key
        self.agents = agents  # (id, name)
        self.newest = {}  # agent id to the number of the record that was posted last
        self.arrived = []  # for each stream: number of the record to time
        self.opened = asyncio.Semaphore(0)

    async def follow(self, arrived):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)
        try:
            writer.write(f"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.read_key}\r\n\r\n".encode())
            status, head = await read_head(reader)
            if status != 200 or "transfer-encoding: chunked" not in head:
                sys.exit(f"bench-query: /api/v1/stream answers {head}")
            self.opened.release()
            event, rest = "", b""
            while True:
                size = int(await reader.readline(), 16)
                *lines, rest = (rest + (await reader.readexactly(size + 2))[:-2]).split(b"\n")
                for line in lines:
                    if line.startswith(b"event:"):
                        event = line[6:].strip()
                    elif line.startswith(b"data:") and event == b"committed":
                        now = time.monotonic()
                        for agent in json.loads(line[5:])["agents"]:
                            if agent in self.newest:
                                arrived.setdefault(self.newest[agent], now)
        finally:
            writer.close()

    async def post(self, connection, name):
        reader, writer = connection
        record = {"agent_id": name, "timestamp": datetime.now(timezone.utc).isoformat(), "latency_ms": 800, "request_count": 1}
        body = json.dumps(record).encode()
        writer.write((f"POST /api/v1/metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.ingest_key}\r\n"
                      f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)
        status, head = await read_head(reader)
        answered = time.monotonic()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        answer = await reader.readexactly(length)
        if status != 201:
            sys.exit(f"bench-query: a record was answered {status}: {answer.decode()}")
        return answered

    async def run(self, streams, rate, seconds):
        self.arrived = [{} for _ in range(streams)]
        followers = [asyncio.create_task(self.follow(arrived)) for arrived in self.arrived]
        for _ in followers:
            await asyncio.wait_for(self.opened.acquire(), PINGED_MAX_S)
        connection = await asyncio.open_connection("127.0.0.1", self.port)
        answered, cpu, begun = [], time.process_time(), time.monotonic()
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, begun + number / rate - time.monotonic()))
            agent_id, name = self.agents[number % len(self.agents)]
            self.newest[agent_id] = number
            answered.append(await self.post(connection, name))
        end = time.monotonic() + ARRIVED_MAX_S
        while time.monotonic() < end and any(len(arrived) < len(answered) for arrived in self.arrived):
            await asyncio.sleep(0.05)
        cpu = (time.process_time() - cpu) / (time.monotonic() - begun)
        if broken := [task for task in followers if task.done()]:
            broken[0].result()
        for task in followers:
            task.cancel()
        await asyncio.gather(*followers, return_exceptions=True)
        connection[1].close()
        # What is told before its 201 has arrived took no time.
        times = sorted(max(0.0, arrived[number] - at) * 1e3 for arrived in self.arrived
                       for number, at in enumerate(answered) if number in arrived)
        return {"events": len(times), "missed": streams * len(answered) - len(times), "client_cores": cpu,
                "p50_ms": times[len(times) // 2], "p95_ms": times[len(times) * 95 // 100], "max_ms": times[-1]}


def measure(port, read_key, ingest_key, agents, streams=200, rate=20, seconds=30):
    return asyncio.run(Dashboards(port, read_key, ingest_key, agents).run(streams, rate, seconds))
