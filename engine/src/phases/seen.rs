//! How much of a request plugins see. All of it is proxied.
use crate::settings::Settings;

#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub request_headers: usize,
    pub response_headers: usize,
    pub arguments: usize,
    pub form_fields: usize,
}

impl Seen {
    pub fn new(settings: &Settings) -> Self {
        Self {
            request_headers: settings.lua_max_req_headers,
            response_headers: settings.lua_max_resp_headers,
            arguments: settings.lua_max_uri_args,
            form_fields: settings.lua_max_post_args,
        }
    }
}
