package io.helmwatch.config.secret;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UserInfoTest {

    @ParameterizedTest
    @CsvSource({
        "rtsp://@cam/x, '', '', rtsp://cam/x",
        "rtsp://:p@cam/x, '', p, rtsp://cam/x",
        "rtsp://u:@cam/x, u, '', rtsp://cam/x",
        "rtsp://u:p@cam, u, p, rtsp://cam",
        "rtsp://u:p@cam?x=y@z, u, p, rtsp://cam?x=y@z",
        "rtsp://u:p@cam#y@z, u, p, rtsp://cam#y@z",
    })
    void shouldFindUserAndPassword(String url, String user, String password, String without) {
        assertThat(UserInfo.of(url)).isEqualTo(new UserInfo(user, password, without));
    }

    @Test
    void shouldEncodeEverythingButUnreservedCharacters() {
        String unreserved = "abcxyzABCXYZ0189-._~";
        assertThat(UserInfo.percentEncode(unreserved)).isEqualTo(unreserved);
        assertThat(UserInfo.percentEncode("`{@[/:!%\u0000ä")).isEqualTo("%60%7B%40%5B%2F%3A%21%25%00%C3%A4");
        assertThat(UserInfo.percentDecode(UserInfo.percentEncode("`{@[/:!%\u0000ä")))
                .isEqualTo("`{@[/:!%\u0000ä");
    }

    @ParameterizedTest
    @CsvSource({
        "%41, A",
        "x%41, xA",
        "%41x, Ax",
        "%4, %4",
        "%, %",
        "%zz, %zz",
        "%4g, %4g",
        "%%41, %A",
        "%ff, %ff",
        "%C3%A4, ä",
        "a+b, a+b"
    })
    void shouldDecodeWhatIsEncodedAndLeaveTheRest(String text, String expected) {
        assertThat(UserInfo.percentDecode(text)).isEqualTo(expected);
    }
}
