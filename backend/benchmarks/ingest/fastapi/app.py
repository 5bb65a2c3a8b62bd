"""The rival: FastAPI and asyncpg, as one would write it with care. It answers after the commit.

It checks the key (hash of the bearer token in a table that is cached), validates with pydantic by the rules of
contracts/metrics-api.openapi.yaml, and stores a record with one INSERT, a batch with one COPY.
Run by ../run.sh as: uvicorn app:app --workers 2 --loop uvloop --http httptools --no-access-log
"""
import asyncio
import hashlib
import os
from datetime import datetime, timedelta, timezone
from typing import Dict, List, Literal, Optional, Union

import asyncpg
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, Extra, confloat, conint, constr, validator

KEYS_REFRESH_S = 5
FUTURE_MAX = timedelta(seconds=60)
AGE_MAX = timedelta(days=90)

Name = constr(min_length=1, max_length=200)
Percent = confloat(ge=0, le=100)
Milliseconds = confloat(ge=0, le=86_400_000)
Megabytes = confloat(ge=0, le=1_000_000_000)
Tokens = conint(ge=0, le=2_000_000_000)


class Metric(BaseModel):
    agent_id: Name
    timestamp: Optional[datetime]
    status: Optional[Literal["success", "error"]]
    latency_ms: Optional[Milliseconds]
    cost_usd: Optional[confloat(ge=0, le=1_000_000)]
    input_tokens: Optional[Tokens]
    output_tokens: Optional[Tokens]
    cpu_usage_percent: Optional[Percent]
    gpu_usage_percent: Optional[Percent]
    memory_usage_mb: Optional[Megabytes]
    model: Optional[Name]
    attributes: Optional[Dict[str, Union[str, float, bool]]]

    class Config:
        extra = Extra.forbid

    @validator("timestamp")
    def timestamp_in_range(cls, value):
        now = datetime.now(timezone.utc)
        if value.tzinfo is None or value > now + FUTURE_MAX or value < now - AGE_MAX:
            raise ValueError("must be at most 60 s ahead and at most 90 days old")
        return value


class Dictionary:
    """Names to ids: those known from memory, new ones from the table."""

    def __init__(self, table: str):
        self.ids = {}
        self.insert = f"INSERT INTO {table} (name) VALUES ($1) ON CONFLICT DO NOTHING"
        self.select = f"SELECT {table}_id FROM {table} WHERE name = $1"

    async def find(self, name: Optional[str]) -> Optional[int]:
        if name is None:
            return None
        if name not in self.ids:
            await app.state.pool.execute(self.insert, name)
            self.ids[name] = await app.state.pool.fetchval(self.select, name)
        return self.ids[name]


app = FastAPI()
agents = Dictionary("agent")
models = Dictionary("model")
keys = set()

INSERT = "INSERT INTO performance_metrics VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"


async def refresh_keys():
    global keys
    keys = {row[0] for row in await app.state.pool.fetch("SELECT token_hash FROM api_key")}


async def keep_keys_fresh():
    while True:
        await asyncio.sleep(KEYS_REFRESH_S)
        await refresh_keys()


@app.on_event("startup")
async def start():
    app.state.pool = await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=16, max_size=16)
    await refresh_keys()
    app.state.refreshing = asyncio.create_task(keep_keys_fresh())


async def check_key(authorization: str = Header("")):
    token = authorization[len("Bearer "):] if authorization.startswith("Bearer ") else ""
    if hashlib.sha256(token.encode()).digest() not in keys:
        raise HTTPException(401, "this key is not known")


async def row_of(m: Metric):
    return (await agents.find(m.agent_id), m.timestamp or datetime.now(timezone.utc), m.latency_ms, m.cost_usd,
            m.input_tokens, m.output_tokens, m.cpu_usage_percent, m.gpu_usage_percent, m.memory_usage_mb,
            await models.find(m.model), m.status == "error", None)


@app.post("/api/v1/metrics", status_code=201, dependencies=[Depends(check_key)])
async def store_one(metric: Metric):
    await app.state.pool.execute(INSERT, *await row_of(metric))
    return {"accepted": 1}


@app.post("/api/v1/metrics/batch", status_code=201, dependencies=[Depends(check_key)])
async def store_batch(metrics: List[Metric]):
    rows = [await row_of(m) for m in metrics]
    async with app.state.pool.acquire() as connection:
        await connection.copy_records_to_table("performance_metrics", records=rows)
    return {"accepted": len(metrics)}


@app.get("/health")
async def health():
    return {"status": "ok", "database": await app.state.pool.fetchval("SELECT 1")}
