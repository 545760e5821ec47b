package io.helmwatch.pipeline.cli.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DetectCommandTest {

    @Test
    void shouldNameADrawnFrameAfterThePathOfItsSourceWithoutTheQuery() {
        assertThat(DetectCommand.imageName("rtsp://192.0.2.1/live/?token=word", 3))
                .isEqualTo("live-3.jpg");
    }
}
