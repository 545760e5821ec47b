package io.helmwatch.pipeline.backend.cuda;

import io.helmwatch.ingest.ffmpeg.decode.DecoderPlacement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Which streams are decoded on a GPU's video engines and which on the CPU, in the order in which they came.
 *
 * <p>Threading: any thread.
 */
final class EnginePlaces {
    /** Of so many streams one leaves full engines at once; an engine that is overloaded by a tenth is relieved in some ten seconds. */
    private static final int PART = 32;

    /** A stream that did not ask for so long was never run, is lost, or sends no key frames: it cannot be moved. */
    private static final long FORGOTTEN_NANOS = TimeUnit.MINUTES.toNanos(5);

    private final LongSupplier clock;
    /** In the order in which the streams came; guarded by itself. */
    private final List<Place> places = new ArrayList<>();

    EnginePlaces() {
        this(System::nanoTime);
    }

    /** {@code clock}: nanoseconds that only grow. */
    EnginePlaces(LongSupplier clock) {
        this.clock = clock;
    }

    /** One stream's place. */
    private final class Place implements DecoderPlacement {
        private volatile boolean onEngines = true;
        private volatile long askedNanos = clock.getAsLong();

        @Override
        public boolean usesVideoEngines() {
            askedNanos = clock.getAsLong();
            return onEngines;
        }

        @Override
        public void ended() {
            synchronized (places) {
                places.remove(this);
            }
        }
    }

    /** The place of a further stream, on the engines. */
    DecoderPlacement add() {
        Place place = new Place();
        synchronized (places) {
            places.add(place);
        }
        return place;
    }

    /** Moves one of 32 streams, but at least one, to the CPU, the last ones first; or the first of those there back to the engines. */
    void move(boolean toEngines) {
        long now = clock.getAsLong();
        synchronized (places) {
            places.removeIf(place -> now - place.askedNanos > FORGOTTEN_NANOS);
            int moving = toEngines ? 1 : Math.max(1, places.size() / PART);
            for (int i = 0; i < places.size() && moving > 0; i++) {
                // The last ones leave the engines, and the first of those that left returns.
                Place place = places.get(toEngines ? i : places.size() - 1 - i);
                if (place.onEngines != toEngines) {
                    place.onEngines = toEngines;
                    moving--;
                }
            }
        }
    }
}
