import { Popover } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { RANGE_PRESETS, type RangeText, type TimeWindow } from '../utils/range';
import { formatSpan } from '../utils/timeText';
import { Button } from './Button';
import { RangeForm } from './RangeForm';
import styles from './RangePicker.module.css';

export interface RangePickerProps {
  range: RangeText;
  window: TimeWindow;
  nowMs: number;
  onChange: (range: RangeText) => void;
  onShift: (direction: -1 | 1) => void;
  onZoomOut: () => void;
}

function labelOf({ range, window, nowMs }: Pick<RangePickerProps, 'range' | 'window' | 'nowMs'>): string {
  const preset = range.end === 'now' && RANGE_PRESETS.find((candidate) => candidate.start === range.start);
  if (preset) return preset.words;
  if (range.start.startsWith('now')) return `${range.start} – ${range.end}`;
  return formatSpan(window.startMs, window.endMs, nowMs);
}

/** The one range of the page: presets, typed times, and steps back and out. */
export function RangePicker(props: RangePickerProps): ReactNode {
  const { range, window, onChange, onShift, onZoomOut } = props;
  const [open, setOpen] = useState(false);
  const choose = (next: RangeText): void => {
    setOpen(false);
    onChange(next);
  };
  return (
    <div className={styles.picker} role="group" aria-label="Time range">
      <div className={styles.presets}>
        {RANGE_PRESETS.map((preset) => (
          <button
            key={preset.start}
            type="button"
            className={styles.preset}
            title={preset.words}
            aria-pressed={range.end === 'now' && range.start === preset.start}
            onClick={() => onChange({ start: preset.start, end: 'now' })}
          >
            {preset.label}
          </button>
        ))}
      </div>
      <Button look="quiet" aria-label="Earlier" title="Earlier" onClick={() => onShift(-1)}>
        ‹
      </Button>
      <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus withinPortal>
        <Popover.Target>
          <Button look="quiet" className={styles.current} onClick={() => setOpen(!open)}>
            {labelOf(props)} <span aria-hidden="true">▾</span>
          </Button>
        </Popover.Target>
        <Popover.Dropdown>
          <RangeForm range={range} onChoose={choose} />
        </Popover.Dropdown>
      </Popover>
      <Button look="quiet" aria-label="Later" title="Later" disabled={window.live} onClick={() => onShift(1)}>
        ›
      </Button>
      <Button look="quiet" aria-label="Zoom out" title="Zoom out" onClick={onZoomOut}>
        <svg width={14} height={14} fill="none" stroke="currentColor" strokeWidth={1.25} aria-hidden="true">
          <circle cx={6} cy={6} r={4.5} />
          <path d="M9.5 9.5L13 13M4 6H8" />
        </svg>
      </Button>
    </div>
  );
}
