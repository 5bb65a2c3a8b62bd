import type { components } from './generated/dbApi';

type Schemas = components['schemas'];

export type Agent = Schemas['Agent'];
export type AgentEvent = Schemas['Event'];
export type AgentEventType = AgentEvent['type'];
export type AgentList = Schemas['AgentList'];
export type Change = Schemas['Changes']['changes'][number];
export type Changes = Schemas['Changes'];
export type Committed = Schemas['Committed'];
export type Configuration = Schemas['Configuration'];
export type ConfigurationChange = Schemas['ConfigurationChange'];
export type CostFigures = Schemas['CostFigures'];
export type CostGroup = Schemas['CostGroup'];
export type Costs = Schemas['Costs'];
export type EventList = Schemas['EventList'];
export type Health = Schemas['Health'];
export type Latest = Schemas['Latest'];
export type Me = Schemas['Me'];
export type MetricBuckets = Schemas['MetricBuckets'];
export type Problem = Schemas['Problem'];
export type RawMetrics = Schemas['RawMetrics'];
export type Status = Schemas['Status'];
export type Threshold = Schemas['Threshold'];
export type Totals = Schemas['Totals'];
export type View = Schemas['View'];
