package io.helmwatch.ingest.ffmpeg.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.ingest.ffmpeg.FramePixels;
import io.helmwatch.ingest.ffmpeg.RecordingReceiver;
import io.helmwatch.ingest.ffmpeg.TestClips;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.StreamStatus;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FfmpegFrameLeaseTest {

    @AfterEach
    void shouldLeaveNothingBehind() {
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    @Test
    void shouldMoveTheFrameAndItsDescription() {
        try (FfmpegFrameLease slot = FfmpegFrameLease.create()) {
            play(frame -> {
                long address = frame.planeAddress(0);
                int stride = frame.strideBytes(1);
                long pts = frame.ptsNanos();
                long sequence = frame.sequence();
                int sample = frame.plane(0).get(1234);
                slot.take(frame);

                assertThat(frame.isHeld()).isFalse();
                assertThat(frame.planeAddress(0)).isZero();
                assertThat(slot.isHeld()).isTrue();
                assertThat(slot.planeAddress(0)).isEqualTo(address);
                assertThat(slot.strideBytes(1)).isEqualTo(stride).isGreaterThanOrEqualTo(160);
                assertThat(slot.ptsNanos()).isEqualTo(pts);
                assertThat(slot.sequence()).isEqualTo(sequence);
                assertThat(slot.width()).isEqualTo(320);
                assertThat(slot.height()).isEqualTo(240);
                assertThat(slot.format()).isEqualTo(PixelFormat.I420);
                assertThat(slot.color()).isEqualTo(new ColorEncoding(ColorEncoding.Matrix.BT601, false));
                ByteBuffer luma = slot.plane(0);
                assertThat(luma.remaining()).isEqualTo(slot.strideBytes(0) * 239 + 320);
                assertThat(luma.get(1234)).isEqualTo((byte) sample);
            });
            assertThat(slot.isHeld()).isTrue();
            assertThat(NativeMemory.account("ffmpeg.pictures").bytes()).isPositive();
            slot.release();
            assertThat(slot.isHeld()).isFalse();
            assertThat(NativeMemory.account("ffmpeg.pictures").bytes()).isZero();
            assertThatThrownBy(() -> slot.plane(0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldKeepFramesThatAreHeldWhileTheStreamContinues() {
        List<FfmpegFrameLease> slots = new ArrayList<>();
        List<Integer> colours = new ArrayList<>();
        play(frame -> {
            if (slots.size() < 20) {
                FfmpegFrameLease slot = FfmpegFrameLease.create();
                colours.add(FramePixels.rgb(frame, 100, 100));
                slot.take(frame);
                slots.add(slot);
            }
        });
        for (int i = 0; i < slots.size(); i++) {
            assertThat(FramePixels.rgb(slots.get(i), 100, 100)).isEqualTo(colours.get(i));
            slots.get(i).close();
        }
    }

    @Test
    void shouldReplaceTheFrameThatWasHeld() {
        try (FfmpegFrameLease slot = FfmpegFrameLease.create()) {
            play(slot::take);
            assertThat(slot.sequence()).isEqualTo(49);
            try (FfmpegFrameLease empty = FfmpegFrameLease.create()) {
                slot.take(empty);
                assertThat(slot.isHeld()).isFalse();
            }
        }
    }

    @Test
    void shouldCloseTwiceWithoutHarm() {
        FfmpegFrameLease lease = FfmpegFrameLease.create();
        lease.close();
        lease.close();
        lease.release();
        assertThat(lease.isHeld()).isFalse();
        assertThatThrownBy(lease::frame).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @CsvSource({"mp4, mpeg4", "ts, libopenh264", "mkv, libopenh264"})
    void shouldAllocateNothingPerFrame(String container, String encoder) {
        var clip = TestClips.make(
                "long." + container, "-i testsrc2=size=64x48:rate=25 -frames:v 1000 -g 50 -c:v " + encoder);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long[] allocated = new long[2];
        try (FfmpegFrameLease slot = FfmpegFrameLease.create()) {
            FrameReceiver receiver = new FrameReceiver() {
                @Override
                public void onFrame(FrameLease frame) {
                    slot.take(frame);
                    if (slot.sequence() == 400) {
                        allocated[0] = threads.getCurrentThreadAllocatedBytes();
                    } else if (slot.sequence() == 900) {
                        allocated[1] = threads.getCurrentThreadAllocatedBytes();
                    }
                }

                @Override
                public void onDropped(DropCause cause) {
                    // Counted elsewhere.
                }

                @Override
                public void onStatus(StreamStatus status) {
                    // Not asked for here.
                }
            };
            FfmpegFrameSource.create(StreamConfig.of("clip", clip.toString())).run(receiver);
        }
        assertThat(allocated[1]).isPositive();
        // The smallest object takes 16.
        assertThat((allocated[1] - allocated[0]) / 500.0).as("bytes per frame").isLessThan(8);
    }

    private static void play(Consumer<FrameLease> onFrame) {
        RecordingReceiver receiver = new RecordingReceiver() {
            @Override
            public synchronized void onFrame(FrameLease frame) {
                onFrame.accept(frame);
            }
        };
        FfmpegFrameSource.create(StreamConfig.of("clip", TestClips.cameraH264().toString()))
                .run(receiver);
    }
}
