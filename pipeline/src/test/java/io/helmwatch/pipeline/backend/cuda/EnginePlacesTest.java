package io.helmwatch.pipeline.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.ingest.ffmpeg.decode.DecoderPlacement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EnginePlacesTest {
    private final AtomicLong nanos = new AtomicLong();
    private final EnginePlaces places = new EnginePlaces(nanos::get);

    private List<DecoderPlacement> add(int streams) {
        List<DecoderPlacement> added = new ArrayList<>();
        IntStream.range(0, streams).forEach(i -> added.add(places.add()));
        return added;
    }

    private static List<Boolean> onEngines(List<DecoderPlacement> streams) {
        return streams.stream().map(DecoderPlacement::usesVideoEngines).toList();
    }

    @Test
    void shouldMoveTheLastStreamsToTheCpuAndTheFirstOfThemBack() {
        List<DecoderPlacement> streams = add(3);
        places.move(false);
        places.move(false);
        assertThat(onEngines(streams)).containsExactly(true, false, false);
        places.move(true);
        assertThat(onEngines(streams)).containsExactly(true, true, false);
    }

    @Test
    void shouldMoveOneOfThirtyTwoAtOnce() {
        List<DecoderPlacement> streams = add(70);
        places.move(false);
        assertThat(onEngines(streams)).filteredOn(on -> !on).hasSize(2);
    }

    @Test
    void shouldNotMoveAStreamThatWasRemoved() {
        List<DecoderPlacement> streams = add(3);
        streams.get(2).ended();
        places.move(false);
        assertThat(onEngines(streams)).containsExactly(true, false, true);
    }

    @Test
    void shouldNotCountStreamsThatWereRemoved() {
        List<DecoderPlacement> streams = add(96);
        streams.subList(0, 64).forEach(DecoderPlacement::ended);
        places.move(false);
        assertThat(onEngines(streams)).filteredOn(on -> !on).hasSize(1);
    }

    @Test
    void shouldNotMoveAStreamThatHasNotAskedForMinutes() {
        List<DecoderPlacement> streams = add(2);
        nanos.addAndGet(Duration.ofMinutes(6).toNanos());
        streams.get(0).usesVideoEngines();
        places.move(false);
        assertThat(onEngines(streams)).containsExactly(false, true);
    }
}
