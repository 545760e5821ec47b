package io.helmwatch.ingest.ffmpeg.decode;

import java.nio.charset.StandardCharsets;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * What key frames must have in common to pass through one decoder, compared byte for byte.
 *
 * @param codecId FFmpeg's number of the codec
 * @param width the container's, which FFmpeg crops to
 * @param height the container's
 * @param onEngines whether decoded on a GPU's video engines
 * @param extradata what the decoder is opened with, one character a byte
 * @param parameterSets those that came within the stream where they are not the extradata, one character a byte
 */
record SharedFormat(int codecId, int width, int height, boolean onEngines, String extradata, String parameterSets) {

    /** Parameters for a decoder, to be freed by the caller; nothing is delayed since no frame refers to another. */
    AVCodecParameters toParameters(AVCodecParameters stream) {
        AVCodecParameters copy = avcodec.avcodec_parameters_alloc();
        if (copy == null || avcodec.avcodec_parameters_copy(copy, stream) < 0) {
            throw new OutOfMemoryError("FFmpeg could not copy a stream's parameters");
        }
        copy.video_delay(0);
        byte[] bytes = extradata.getBytes(StandardCharsets.ISO_8859_1);
        Pointer memory = avutil.av_mallocz(bytes.length + avcodec.AV_INPUT_BUFFER_PADDING_SIZE);
        if (memory == null) {
            avcodec.avcodec_parameters_free(copy);
            throw new OutOfMemoryError("FFmpeg could not allocate extradata");
        }
        avutil.av_free(copy.extradata());
        copy.extradata(new BytePointer(memory).put(bytes, 0, bytes.length));
        copy.extradata_size(bytes.length);
        return copy;
    }
}
