// All charts on one page, for tests and for those who work on charts: `npm run gallery`.
// #scene=NAME&theme=dark&fault=NAME shows one; without a scene it shows them all.
import { useEffect, useRef, useSyncExternalStore, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import '../../src/design/styles.css';
import { ChartStack } from '../../src/charts/ChartStack';
import { timeScale } from '../../src/charts/geometry';
import { Sparkline } from '../../src/charts/draw/Sparkline';
import { setZone } from '../../src/utils/zone';
import { PAGE_PX, type Scene, type StackScene } from './scene';
import { FAULTS, SCENES } from './scenes';
import styles from './gallery.module.css';

const LEGEND = { isolated: () => null, onIsolate: () => undefined };
const ignore = (): void => undefined;

/** Puts the pointer where the scene has its crosshair. */
function usePointer(scene: StackScene) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const layer = ref.current?.querySelector('[role="slider"]');
    if (!layer || scene.atMs === null) return;
    const { left, width } = layer.getBoundingClientRect();
    const clientX = left + timeScale(scene.span, width).toX(scene.atMs);
    layer.dispatchEvent(new PointerEvent('pointermove', { clientX, bubbles: true }));
  }, [scene]);
  return ref;
}

interface StackViewProps {
  scene: StackScene;
  theme: string;
}

function StackView({ scene, theme }: StackViewProps): ReactNode {
  const ref = usePointer(scene);
  return (
    <div ref={ref}>
      <ChartStack
        panels={scene.panels}
        events={scene.events}
        span={scene.span}
        nowMs={scene.nowMs}
        stepMs={scene.stepMs}
        theme={theme}
        legend={LEGEND}
        selection={scene.selection}
        onZoom={ignore}
        onZoomOut={ignore}
      />
    </div>
  );
}

interface SceneViewProps {
  scene: Scene;
  theme: string;
  titled: boolean;
}

function SceneView({ scene, theme, titled }: SceneViewProps): ReactNode {
  return (
    <section>
      {titled && (
        <h1 className={styles.title}>
          {scene.name}: {scene.about}
        </h1>
      )}
      <div style={{ width: PAGE_PX }} data-scene={scene.name} data-shown={theme}>
        {'sparklines' in scene ? (
          <div className={styles.sparklines}>
            {scene.sparklines.map((sparkline) => (
              <Sparkline key={sparkline.label} {...sparkline} />
            ))}
          </div>
        ) : (
          <StackView scene={scene} theme={theme} />
        )}
      </div>
    </section>
  );
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

function Gallery(): ReactNode {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  const params = new URLSearchParams(hash.slice(1));
  const theme = params.get('theme') ?? 'light';
  const wanted = params.get('scene');
  const fault = FAULTS[params.get('fault') ?? ''] ?? ((scene: Scene) => scene);
  // Before the charts read their colours.
  document.documentElement.dataset.theme = theme;
  return SCENES.filter(({ name }) => wanted === null || name === wanted).map((scene) => (
    <SceneView key={`${scene.name} ${hash}`} scene={fault(scene)} theme={theme} titled={wanted === null} />
  ));
}

setZone('utc');
const root = document.getElementById('root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(<Gallery />);
