//! Words of the platforms' APIs beyond the paths in the tables: their areas, and what stands below many of them.
//!
//! A word that is in none of these becomes `*` and is told as unclear, so a list may be short; what is in it is public and may be kept.

/// Of Genesys Cloud.
pub(super) const GENESYS: &str = "\
    alerting analytics api architect assistants attributes audits authorization batchrequests billing \
    bulk callbacks calls campaigns chats clients coaching configuration contactlists contacts \
    contentmanagement conversations credentials customattributes dataextensions datatables details \
    devices dialog divisions divisionviews documentation emails employeeengagement employeeperformance \
    evaluations externalcontacts fax flows gamification gdpr geolocations greetings groups health home \
    identityproviders integrations jobs journey knowledge languages languageunderstanding learning \
    license locations me members messages messaging notifications oauth organizations outbound \
    participants permissions presence presencedefinitions processautomation quality queries query queues \
    recording recordings reports responsemanagement responses results roles routing rows schedules scim \
    scripts search secureattributes settings skillgroups skills socialmedia speechandtextanalytics \
    stations status subjects subscriptions summary surveys taskmanagement teams telephony textbots \
    timezones tokens topics uploads usage userrecordings users utilization versions voicemail \
    webdeployments webhooks widgets workbins workforcemanagement workitems wrapupcodes";

/// Of NICE CXone.
pub(super) const CXONE: &str = "\
    agents campaigns custom-data datadownload dnc-groups interactions media-playback records report-jobs \
    scheduled-callbacks segments signal skills teams user-management users work-items";
